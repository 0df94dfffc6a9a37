// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "service/gateway/batcher.h"
#include "service/gateway/call.h"
#include "service/rest/request_binder.h"

namespace klarna::gateway {

// Streams a single entity: one read, one message, which is the last.
class SingleStream {
 public:
  SingleStream(const Resources& resources, const upstream::CallTarget& target,
               const EnvelopeFields& fields, StreamWriter& writer)
      : resources_(resources),
        target_(target),
        fields_(fields),
        writer_(writer) {}

  runtime::Task<absl::Status> Run(const rest::BoundRequest& bound);

 private:
  const Resources& resources_;
  const upstream::CallTarget& target_;
  const EnvelopeFields fields_;
  StreamWriter& writer_;
};

}  // namespace klarna::gateway

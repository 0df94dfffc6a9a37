// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"
#include "service/gateway/batcher.h"
#include "service/gateway/call.h"
#include "service/rest/request_binder.h"
#include "service/upstream/body_reader.h"

namespace klarna::gateway {

// Streams a file of any size in chunks, in constant memory: the upstream is
// paused while the reader is slow. A file is tried again only as long as none
// of it went out. One whose end the upstream does not mark ends UNAVAILABLE,
// since it may have been cut.
class ContentStream {
 public:
  ContentStream(const Resources& resources, const upstream::CallTarget& target,
                const EnvelopeFields& fields, StreamWriter& writer)
      : resources_(resources),
        target_(target),
        fields_(fields),
        writer_(writer) {}

  runtime::Task<absl::Status> Run(const rest::BoundRequest& bound);

 private:
  runtime::Task<absl::Status> Emit(upstream::BodyReader& body);
  std::string ChunkMessage(absl::string_view data,
                           absl::string_view content_type, bool last) const;

  const Resources& resources_;
  const upstream::CallTarget& target_;
  const EnvelopeFields fields_;
  StreamWriter& writer_;
};

}  // namespace klarna::gateway

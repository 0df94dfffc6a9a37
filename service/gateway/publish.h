// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "service/gateway/call.h"

namespace klarna::gateway {

// The caller's end of a Publish. Used on the call's executor.
class PublishReply {
 public:
  virtual ~PublishReply() = default;

  // Once: `message` is the wire of the PublishResponse when `status` is OK.
  // Without effect when the caller has left.
  virtual void Finish(const absl::Status& status, std::string message) = 0;

  // Nothing is begun for a caller that has left; what is on the wire is
  // finished all the same.
  virtual bool caller_left() const = 0;
};

// Serves one Publish: decode, bind, claim the intent, send once, judge, answer.
//
// Whatever becomes of the caller, a change that was sent is followed to its
// end, up to the account's time-out, and its outcome kept for the next call
// with the same request_id. Every status other than OK has the Outcome among
// its details.
runtime::Detached ServePublish(Resources resources, const rest::Method& method,
                               CallContext context, std::string request,
                               std::shared_ptr<PublishReply> reply);

}  // namespace klarna::gateway

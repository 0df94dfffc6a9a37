// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "service/gateway/call.h"

namespace klarna::gateway {

// One Subscribe, from its request bytes to its status: decode, bind, fetch,
// emit. Lives on one executor. Destroying it cancels the call: transfers are
// aborted, timers cancelled. It must not be destroyed from within
// ResponseStream::Finish, since it is still running then.
class SubscribeCall {
 public:
  SubscribeCall(const Resources& resources, const rest::Method& method,
                CallContext context, std::string request,
                ResponseStream& stream);

  // Ends in ResponseStream::Finish, at once or later.
  void Start();

  // The reader has taken that many messages more.
  void OnTaken(size_t messages) { writer_.OnTaken(messages); }

 private:
  runtime::Task<void> Run();
  runtime::Task<absl::Status> Serve();
  void Finish(const absl::Status& status);

  const Resources resources_;
  const rest::Method& method_;
  const CallContext context_;
  const std::string request_;
  ResponseStream& stream_;
  StreamWriter writer_;
  CallSummary summary_;
  const runtime::Instant started_;
  std::optional<runtime::ScopedTimer> deadline_timer_;
  runtime::Task<void> story_;  // Last, so that it is destroyed first.
};

}  // namespace klarna::gateway

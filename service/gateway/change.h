// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "service/gateway/call.h"
#include "service/gateway/intent.h"
#include "service/gateway/publish.h"
#include "service/json/json_to_wire.h"
#include "service/rest/request_binder.h"
#include "service/upstream/verdict.h"

namespace klarna::gateway {

// How a change ended.
struct ChangeResult {
  v1::Outcome outcome;
  absl::Status status;  // OK exactly when the verdict is APPLIED.
  json::DecodedMessage entity;
  // Whether the same intent must not be sent again.
  bool final = false;
};

// The HTTP request of a change, without credentials.
http::HttpRequest MakeChangeRequest(const upstream::Client& client,
                                    const upstream::CallTarget& target,
                                    const rest::BoundRequest& bound,
                                    const Intent& intent);

// Sends one change to the upstream and says what became of it. It is sent again
// only when that cannot make it happen twice: when no byte of it was sent, when
// a rate limit refused it, or when its key or its nature makes a repeat
// harmless. Not for a caller that has left.
class Change {
 public:
  // `before` is what an earlier try of the same intent left behind.
  Change(const Resources& resources, const upstream::CallTarget& target,
         const rest::BoundRequest& bound, const Intent& intent,
         const IntentRecord& before, const PublishReply& reply);

  runtime::Task<ChangeResult> Run();

  // How a change ends that is not sent for this reason.
  ChangeResult NotSent(const absl::Status& status) const;

 private:
  // One attempt, and one more after a token was renewed.
  runtime::Task<upstream::Answer> Attempt(absl::Status& not_sent);
  ChangeResult Conclude(const upstream::Answer& answer);
  bool WorthRetrying(const v1::Outcome& outcome,
                     const upstream::Answer& answer) const;
  absl::Status StatusOf(upstream::AttemptVerdict verdict,
                        const upstream::Answer& answer) const;
  absl::Status OutcomeUnknown(absl::string_view what,
                              absl::string_view correlation_id) const;
  void FillOutcome(const upstream::Answer& answer, v1::Outcome& outcome) const;
  bool IsFinal(upstream::AttemptVerdict verdict, int http_status) const;
  bool SafeToResend() const;

  const Resources& resources_;
  const upstream::CallTarget& target_;
  const rest::BoundRequest& bound_;
  const Intent& intent_;
  const PublishReply& reply_;
  upstream::CallTransport transport_;
  bool maybe_before_;
  int attempts_;
};

}  // namespace klarna::gateway

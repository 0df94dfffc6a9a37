// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "service/gateway/call.h"
#include "service/gateway/intent.h"
#include "service/gateway/intent_memory.h"
#include "service/gateway/look_back.h"
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
  // As of IntentRecord.
  bool maybe_executed = false;
  absl::Time last_sent = absl::InfinitePast();
};

// The HTTP request of a change, without credentials.
http::HttpRequest MakeChangeRequest(const upstream::Client& client,
                                    const upstream::CallTarget& target,
                                    const rest::BoundRequest& bound,
                                    const Intent& intent);

// Sends one change to the upstream and says what became of it. It is sent again
// only when that cannot make it happen twice: when no byte of it was sent, when
// a rate limit refused it, or when its key or its nature makes a repeat
// harmless. What has neither is sent by a later call at the earliest, when
// Klarna cannot be at work on it any more and a read shows no trace of it.
//
// Nothing is sent for a caller that has left. What may be on the wire is
// followed to its end all the same, and so is a look for what an earlier call
// sent; what was never sent from here costs no read.
//
// What an answer leaves open is read back where a read tells. So is, after an
// attempt that this process may not know of, what Klarna says to have created:
// by its key alone, it may have answered for another content.
class Change {
 public:
  // `operation` is the wire of the operation message that `bound` was made of,
  // empty when there is none; `claim` what is known of earlier tries.
  Change(const Resources& resources, const upstream::CallTarget& target,
         const rest::BoundRequest& bound, std::string_view operation,
         const Intent& intent, const IntentClaim& claim,
         const PublishReply& reply);

  runtime::Task<ChangeResult> Run();

  // Sends nothing: reads whether the change happened before. OK if it did.
  runtime::Task<ChangeResult> FindOut();

  // How a change ends that is not sent for this reason.
  ChangeResult NotSent(const absl::Status& status) const;

 private:
  // Before anything is sent, what an earlier call may have done. Nullopt when
  // the change may be sent.
  runtime::Task<std::optional<ChangeResult>> LookFirst();
  // One attempt, and one more after a token was renewed.
  runtime::Task<upstream::Answer> Attempt(absl::Status& not_sent);
  ChangeResult Conclude(const upstream::Answer& answer);
  // Whether a read may add to what the answer says; Settle makes it.
  bool LeavesOpen(const ChangeResult& result) const;
  runtime::Task<void> Settle(const upstream::Answer& answer,
                             ChangeResult& result);
  runtime::Task<void> SettleApplied(ChangeResult& result);
  bool IsKlarnasOwn(const upstream::Answer& answer) const;
  void Believe(const upstream::Answer& answer, ChangeResult& result) const;
  runtime::Task<void> ReadBack(const upstream::Answer& answer,
                               ChangeResult& result);
  runtime::Task<void> Verify(ChangeResult& result) const;
  runtime::Task<void> LookForId(ChangeResult& result) const;
  // Looks a few times, since what is read may lag behind.
  runtime::Task<Findings> Look() const;
  static void Found(Findings& findings, ChangeResult& result);
  ChangeResult Open(absl::string_view why) const;
  // How far time has come in the periods in which a replica may send what no
  // key protects.
  absl::Duration PhaseAt(absl::Time time) const;
  // How long Klarna may still be at work on an earlier attempt, or get to know
  // of one, wherever it was made.
  absl::Duration MayBeUnderWayFor() const;
  absl::Status NotItsTurn() const;
  bool WorthRetrying(const v1::Outcome& outcome,
                     const upstream::Answer& answer) const;
  absl::Status StatusOf(upstream::AttemptVerdict verdict,
                        const upstream::Answer& answer) const;
  absl::Status OutcomeUnknown(absl::string_view what,
                              absl::string_view correlation_id) const;
  void FillOutcome(const upstream::Answer& answer, v1::Outcome& outcome) const;
  bool IsFinal(upstream::AttemptVerdict verdict, int http_status,
               bool klarnas_own) const;
  bool Keyed() const;
  bool RepeatIsHarmless() const;
  bool ReadTells() const;
  bool HasId() const;
  bool Abandoned() const { return reply_.caller_left() && !may_be_sent_; }
  bool SafeToResend() const { return RepeatIsHarmless() || ReadTells(); }

  const Resources& resources_;
  upstream::CallTarget target_;
  const rest::BoundRequest& bound_;
  const Intent& intent_;
  const PublishReply& reply_;
  upstream::CallTransport transport_;
  const LookBack look_back_;
  // There may have been an attempt that is not known here.
  const bool doubt_;
  // An attempt that is known here may have been executed.
  bool maybe_before_;
  // So may one of this call, whose answer is not known yet.
  bool may_be_sent_;
  absl::Time last_sent_;
  int attempts_;
};

}  // namespace klarna::gateway

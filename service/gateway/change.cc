// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/change.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "klarna/gateway/v1/klarna_error.pb.h"
#include "service/gateway/raw_answer.h"
#include "service/json/wire.h"
#include "service/rest/klarna_error.h"
#include "service/rest/status_details.h"

namespace klarna::gateway {
namespace {

using upstream::AttemptVerdict;

v1::Verdict VerdictOf(AttemptVerdict verdict) {
  switch (verdict) {
    case AttemptVerdict::kNotSent:
      return v1::VERDICT_NOT_SENT;
    case AttemptVerdict::kRejected:
      return v1::VERDICT_REJECTED;
    case AttemptVerdict::kApplied:
      return v1::VERDICT_APPLIED;
    case AttemptVerdict::kMaybe:
      return v1::VERDICT_UNKNOWN;
  }
  return v1::VERDICT_UNKNOWN;
}

// What has no key, but a read that tells, is sent for calls that come in the
// first seconds of each period since the id was made, which are the same at
// every replica. A caller who was told nothing comes again after 10 seconds,
// when they are over wherever he comes, by clocks that are less than 5 seconds
// apart; and before the next ones Klarna is done with what was sent, even if
// that took 20 seconds to connect.
constexpr absl::Duration kTurns = absl::Seconds(100);
constexpr absl::Duration kTurn = kFirstTry;
// By when it is sent, behind a look or two, or not at all.
constexpr absl::Duration kTurnEnds = absl::Seconds(8);

// How long to wait before each look for a change whose answer left it open, in
// times of RetryPolicy::look: at once it may not be there yet.
constexpr int kLooks[] = {2, 10};

bool IsRefusal(const upstream::Answer& answer) {
  return answer.complete() && answer.head.status >= 400 &&
         answer.head.status < 500 && answer.head.status != 408;
}

// Whether an attempt that was answered so may have been executed. A conflict
// says that another one is.
bool MayHaveBeenExecuted(const upstream::Answer& answer) {
  if (!answer.complete()) return answer.transfer.request_sent;
  return !IsRefusal(answer) || answer.head.status == 409;
}

// A refusal by what may be over soon: an attempt under way, a rate limit.
bool MayPass(const upstream::Answer& answer) {
  return IsRefusal(answer) &&
         (answer.head.status == 409 || answer.head.status == 429);
}

// Whether a success holds what it should, which is put into `entity`. A body
// where none is documented may be any JSON, and is kept whole.
bool DecodeSuccess(const rest::Route& route, const upstream::Answer& answer,
                   json::DecodedMessage& entity) {
  const rest::ResultField* result = route.ResultFor(answer.head.status);
  if (result != nullptr && result->kind == rest::ResultField::Kind::kRaw) {
    entity.wire = RawAnswerBytes(answer);
    return true;
  }
  if (result != nullptr) {
    return json::DecodeMessage(answer.body, *result->table, entity).ok() &&
           (entity.unmapped.empty() ||
            !entity.unmapped.front().pointer.empty());
  }
  if (answer.body.empty()) return true;
  // Any table will do to tell JSON from an HTML page.
  json::DecodedMessage scratch;
  if (!json::DecodeMessage(answer.body, *route.table, scratch).ok()) {
    return false;
  }
  entity.unmapped.push_back({.pointer = "", .json = answer.body});
  return true;
}

// The value of a top-level string member of the decoded answer.
std::string MemberText(const rest::ResultField* result,
                       const std::string& member,
                       const json::DecodedMessage& entity) {
  if (result == nullptr || result->table == nullptr) return {};
  const json::Field* wanted = result->table->FindByJsonName(member);
  if (wanted == nullptr) return {};
  std::string text;
  json::WireReader reader(entity.wire);
  for (json::WireField field; reader.Next(field);) {
    if (field.number == wanted->number) text = std::string(field.bytes);
  }
  return text;
}

}  // namespace

http::HttpRequest MakeChangeRequest(const upstream::Client& client,
                                    const upstream::CallTarget& target,
                                    const rest::BoundRequest& bound,
                                    const Intent& intent) {
  http::HttpRequest request = client.MakeRequest(target, bound);
  request.mutation = true;
  // Klarna documents the header for some operations and says elsewhere that it
  // is accepted by every POST and PATCH. Relied on only where documented.
  if (request.method == "POST" || request.method == "PATCH") {
    request.headers.emplace_back("Klarna-Idempotency-Key", intent.key);
  }
  return request;
}

Change::Change(const Resources& resources, const upstream::CallTarget& target,
               const rest::BoundRequest& bound, std::string_view operation,
               const Intent& intent, const IntentClaim& claim,
               const PublishReply& reply)
    : resources_(resources),
      target_(target),
      bound_(bound),
      intent_(intent),
      reply_(reply),
      transport_(resources.client.TransportFor(target_)),
      look_back_(resources.client, target_, operation, intent.first_attempt),
      doubt_(claim.doubt || intent.maybe_tried_before),
      maybe_before_(claim.record.maybe_executed),
      may_be_sent_(maybe_before_),
      last_sent_(claim.record.last_sent),
      attempts_(claim.record.outcome.attempts()) {
  target_.left = [&reply] { return reply.caller_left(); };
}

runtime::Task<ChangeResult> Change::Run() {
  upstream::Client& client = resources_.client;
  runtime::Clock& clock = resources_.executor.clock();
  const runtime::Instant give_up = clock.Now() + target_.account.timeouts.total;
  std::optional<ChangeResult> known = co_await LookFirst();
  if (known) co_return *std::move(known);
  client.BeginCall(target_);
  // What was refused, and could not be sent again, stays refused.
  std::optional<ChangeResult> refused;
  for (int attempt = 1;; ++attempt) {
    absl::Status not_sent;
    const upstream::Answer answer = co_await Attempt(not_sent);
    ChangeResult result = not_sent.ok() ? Conclude(answer) : NotSent(not_sent);
    const v1::Verdict verdict = result.outcome.verdict();
    if (refused && verdict == v1::VERDICT_NOT_SENT) {
      result = *refused;
      result.outcome.set_attempts(attempts_);
    }
    if (!not_sent.ok()) co_return result;
    if (verdict == v1::VERDICT_REJECTED) refused = result;
    if (verdict == v1::VERDICT_UNKNOWN) refused.reset();
    // Another attempt will tell; a read is the last resort.
    const bool passes = RepeatIsHarmless() && MayPass(answer);
    if (!passes && LeavesOpen(result)) co_await Settle(answer, result);
    bool again = WorthRetrying(result.outcome, answer) &&
                 !reply_.caller_left() && clock.Now() < give_up;
    if (again) again = co_await client.Backoff(target_, attempt, answer);
    if (!again || reply_.caller_left()) {
      if (passes && LeavesOpen(result)) co_await Settle(answer, result);
      co_return result;
    }
    maybe_before_ = result.maybe_executed;
    // What may have been executed is not kept waiting behind what was not.
    target_.begun |= maybe_before_;
  }
}

runtime::Task<std::optional<ChangeResult>> Change::LookFirst() {
  if (RepeatIsHarmless() || !(maybe_before_ || doubt_)) co_return std::nullopt;
  if (!ReadTells()) {
    co_return Open(
        "its request_id is not of this moment, so that an earlier call may "
        "have brought it to Klarna, and a repeat would be a second change; "
        "nothing was sent now. When every earlier call was told NOT_SENT, "
        "send it with a new request_id");
  }
  const bool may_be_sent = MayBeUnderWayFor() == absl::ZeroDuration();
  Findings findings = co_await Look();
  if (findings.kind == Findings::Kind::kIt) {
    ChangeResult result = Open("");
    Found(findings, result);
    co_return result;
  }
  if (Abandoned()) co_return NotSent(upstream::CallerLeft(target_));
  if (findings.kind == Findings::Kind::kPerhaps) {
    co_return Open(
        "what Klarna has could not be read, or is only alike; "
        "nothing was sent now");
  }
  if (!may_be_sent) {
    co_return Open(
        "there is no trace of it, but Klarna may be at work on it for a "
        "minute, or another replica about to send it; nothing was sent now");
  }
  co_return std::nullopt;
}

runtime::Task<ChangeResult> Change::FindOut() {
  ChangeResult result = Open("no trace of it can be read");
  if (look_back_.possible()) {
    Findings findings = co_await Look();
    if (findings.kind == Findings::Kind::kIt) Found(findings, result);
  }
  co_return result;
}

bool Change::LeavesOpen(const ChangeResult& result) const {
  switch (result.outcome.verdict()) {
    case v1::VERDICT_UNKNOWN:
      return true;
    case v1::VERDICT_APPLIED:
      return doubt_ || (HasId() && result.outcome.created_id().empty());
    default:
      return false;
  }
}

runtime::Task<void> Change::Settle(const upstream::Answer& answer,
                                   ChangeResult& result) {
  if (result.outcome.verdict() == v1::VERDICT_APPLIED) {
    co_await SettleApplied(result);
  } else if (!look_back_.possible()) {
    // Klarna answers a key that was executed with a success.
    if (Keyed()) Believe(answer, result);
  } else if (IsRefusal(answer) || !RepeatIsHarmless()) {
    // What got no answer is settled by its key, where it has one.
    co_await ReadBack(answer, result);
  }
}

runtime::Task<void> Change::SettleApplied(ChangeResult& result) {
  const bool found_by_id = look_back_.possible() && look_back_.finds_by_id();
  if (found_by_id && result.outcome.created_id().empty()) {
    co_await LookForId(result);
  } else if (doubt_ && found_by_id) {
    co_await Verify(result);
  } else if (doubt_ && Keyed() && !bound_.body.empty()) {
    result.outcome.set_unverified(true);
  }
}

// Whether Klarna refused it, and not what stands before it.
bool Change::IsKlarnasOwn(const upstream::Answer& answer) const {
  return IsRefusal(answer) &&
         rest::HasKlarnasCode(resources_.client.StatusOf(target_, answer));
}

// Takes a refusal for what it says, if nothing but doubt speaks against it.
void Change::Believe(const upstream::Answer& answer,
                     ChangeResult& result) const {
  const int status = answer.head.status;
  // Where there are keys, a conflict says that another attempt is under way.
  const bool says_so = status == 403 || (status == 409 && !Keyed());
  if (!says_so || maybe_before_ || !IsKlarnasOwn(answer)) return;
  result.outcome.set_verdict(v1::VERDICT_REJECTED);
  result.status = StatusOf(AttemptVerdict::kRejected, answer);
  result.final =
      IsFinal(AttemptVerdict::kRejected, status, /*klarnas_own=*/true);
}

runtime::Task<void> Change::ReadBack(const upstream::Answer& answer,
                                     ChangeResult& result) {
  Findings findings = co_await Look();
  if (findings.kind == Findings::Kind::kIt) Found(findings, result);
  if (findings.kind != Findings::Kind::kNothing) co_return;
  Believe(answer, result);
  if (result.outcome.verdict() == v1::VERDICT_REJECTED) {
    result.outcome.set_evidence(v1::EVIDENCE_READ_BACK);
  }
}

runtime::Task<void> Change::Verify(ChangeResult& result) const {
  const std::string& id = result.outcome.created_id();
  std::optional<bool> made;
  for (const int times : kLooks) {
    co_await runtime::Sleep(resources_.executor,
                            times * resources_.client.retry_policy().look);
    made = co_await look_back_.Made(id);
    if (made) break;
  }
  if (!made) {
    result.outcome.set_verdict(v1::VERDICT_UNKNOWN);
    result.status =
        OutcomeUnknown(absl::StrCat("Klarna answered with the id ", id,
                                    ", which cannot be read yet"),
                       result.outcome.correlation_id());
    result.final = false;
    co_return;
  }
  result.outcome.set_evidence(v1::EVIDENCE_READ_BACK);
  if (*made) co_return;
  result.outcome.set_verdict(v1::VERDICT_REJECTED);
  result.status = rest::GatewayError(
      absl::StatusCode::kAborted, "IDEMPOTENCY_KEY_REUSED",
      absl::StrCat("this request_id was used before for another content: "
                   "Klarna answered with what was made then, ",
                   id,
                   ", and swallowed this change. Send it with a new "
                   "request_id if both are meant"));
}

// A success that does not say what was made: perhaps not Klarna's at all.
runtime::Task<void> Change::LookForId(ChangeResult& result) const {
  Findings findings = co_await Look();
  if (findings.kind == Findings::Kind::kIt) {
    result.outcome.set_evidence(v1::EVIDENCE_READ_BACK);
    result.outcome.set_created_id(findings.id);
    co_return;
  }
  // Something like it is there, and a success was told: that is it.
  if (findings.alike && !doubt_) co_return;
  result.outcome.set_verdict(v1::VERDICT_UNKNOWN);
  result.status = OutcomeUnknown(
      absl::StrCat("the answer, HTTP ", result.outcome.http_status(),
                   ", does not say what was made, and no trace of it can be "
                   "read"),
      result.outcome.correlation_id());
  result.final = false;
}

runtime::Task<Findings> Change::Look() const {
  Findings findings;
  findings.kind = Findings::Kind::kNothing;
  for (const int times : kLooks) {
    co_await runtime::Sleep(resources_.executor,
                            times * resources_.client.retry_policy().look);
    if (Abandoned()) break;
    Findings seen = co_await look_back_.Look();
    seen.alike |= findings.alike;
    // A look that showed something, or nothing at all, is not outdone by one
    // without a trace.
    if (seen.kind >= findings.kind) findings = std::move(seen);
    if (findings.kind == Findings::Kind::kIt) break;
  }
  co_return findings;
}

void Change::Found(Findings& findings, ChangeResult& result) {
  result.outcome.set_verdict(v1::VERDICT_APPLIED);
  result.outcome.set_evidence(v1::EVIDENCE_READ_BACK);
  if (!findings.id.empty()) result.outcome.set_created_id(findings.id);
  result.entity = std::move(findings.entity);
  result.status = absl::OkStatus();
  result.final = true;
}

ChangeResult Change::Open(absl::string_view why) const {
  ChangeResult result;
  result.outcome.set_verdict(v1::VERDICT_UNKNOWN);
  result.outcome.set_idempotency_key(intent_.key);
  result.outcome.set_attempts(attempts_);
  result.status = OutcomeUnknown(why, "");
  result.maybe_executed = maybe_before_;
  result.last_sent = last_sent_;
  return result;
}

absl::Duration Change::PhaseAt(absl::Time time) const {
  const absl::Duration phase = (time - intent_.first_attempt) % kTurns;
  return phase < absl::ZeroDuration() ? phase + kTurns : phase;
}

absl::Duration Change::MayBeUnderWayFor() const {
  const absl::Time now = resources_.executor.clock().WallNow();
  const absl::Time done = std::max(now, last_sent_ + kSlowestChange);
  if (done == now && PhaseAt(now) <= kTurn) return absl::ZeroDuration();
  // Into its turn by a second, by which clocks may well be apart.
  return done - now + kTurns - PhaseAt(done) + absl::Seconds(1);
}

absl::Status Change::NotItsTurn() const {
  return rest::GatewayError(
      absl::StatusCode::kUnavailable, "NOT_SENT",
      absl::StrCat(target_.route.label,
                   " was not sent: it could be begun too late, when another "
                   "replica might have it under way"),
      {{"operation", target_.route.label}, {"account", target_.account.name}});
}

runtime::Task<upstream::Answer> Change::Attempt(absl::Status& not_sent) {
  upstream::Client& client = resources_.client;
  upstream::Answer answer;
  for (bool renewed = false;; renewed = true) {
    // Refused with the old token, it stays refused.
    const auto stop = [&](const absl::Status& status) {
      if (!renewed) not_sent = status;
    };
    if (reply_.caller_left()) {
      stop(upstream::CallerLeft(target_));
      co_return answer;
    }
    absl::StatusOr<upstream::Gate::Pass> pass =
        co_await client.Enter(target_, upstream::CallKind::kChange);
    if (!pass.ok()) {
      stop(pass.status());
      co_return answer;
    }
    absl::StatusOr<auth::Secret> authorization =
        co_await client.authorizer().Authorize(target_.account,
                                               target_.route.domain);
    if (!authorization.ok()) {
      stop(authorization.status());
      co_return answer;
    }
    if (reply_.caller_left()) {
      stop(upstream::CallerLeft(target_));
      co_return answer;
    }
    if (ReadTells() &&
        PhaseAt(resources_.executor.clock().WallNow()) > kTurnEnds) {
      stop(NotItsTurn());
      co_return answer;
    }
    http::HttpRequest request =
        MakeChangeRequest(client, target_, bound_, intent_);
    upstream::AddAuthorization(*authorization, request);
    may_be_sent_ = true;
    ++attempts_;
    last_sent_ = resources_.executor.clock().WallNow();
    answer = co_await upstream::Exchange(transport_, std::move(request));
    pass->Heard(answer);
    const bool renew =
        answer.complete() && answer.head.status == 401 && !renewed &&
        client.authorizer().Renew(target_.endpoint(), *authorization);
    if (!renew) co_return answer;
  }
}

bool Change::WorthRetrying(const v1::Outcome& outcome,
                           const upstream::Answer& answer) const {
  if (!answer.complete() && !answer.transfer.request_sent) {
    return answer.transfer.error != http::TransferError::kBadRequest;
  }
  if (outcome.verdict() == v1::VERDICT_REJECTED) {
    return answer.head.status == 429;
  }
  // Klarna answers a key as it did before, so also with a refusal.
  return outcome.verdict() == v1::VERDICT_UNKNOWN && RepeatIsHarmless() &&
         (!IsRefusal(answer) || MayPass(answer));
}

ChangeResult Change::NotSent(const absl::Status& status) const {
  if (maybe_before_ || doubt_) {
    return Open(absl::StrCat("this time it was not sent: ", status.message()));
  }
  ChangeResult result;
  result.outcome.set_verdict(v1::VERDICT_NOT_SENT);
  result.outcome.set_idempotency_key(intent_.key);
  result.outcome.set_attempts(attempts_);
  result.status = status;
  return result;
}

ChangeResult Change::Conclude(const upstream::Answer& answer) {
  ChangeResult result;
  const int status = answer.head.status;
  const rest::ResultField* field = target_.route.ResultFor(status);
  upstream::AttemptContext context;
  context.idempotency = target_.route.idempotency;
  context.maybe_before = maybe_before_;
  context.klarnas_own = IsKlarnasOwn(answer);
  // What happens only once is refused like this when it has happened.
  context.doubt = doubt_ || (ReadTells() && context.klarnas_own &&
                             (status == 403 || status == 409));
  context.result_expected = field != nullptr;
  context.result_valid =
      answer.success() && DecodeSuccess(target_.route, answer, result.entity);
  AttemptVerdict verdict = upstream::Judge(context, bound_.method, answer);
  // This attempt did nothing, but the one before may have.
  if (verdict == AttemptVerdict::kNotSent && (maybe_before_ || doubt_)) {
    verdict = AttemptVerdict::kMaybe;
  }
  FillOutcome(answer, result.outcome);
  result.outcome.set_verdict(VerdictOf(verdict));
  if (verdict == AttemptVerdict::kApplied &&
      result.outcome.created_id().empty()) {
    result.outcome.set_created_id(
        MemberText(field, target_.route.created_id_member, result.entity));
  }
  result.status = StatusOf(verdict, answer);
  result.final = IsFinal(verdict, status, context.klarnas_own);
  result.maybe_executed = maybe_before_ || MayHaveBeenExecuted(answer);
  result.last_sent = last_sent_;
  return result;
}

void Change::FillOutcome(const upstream::Answer& answer,
                         v1::Outcome& outcome) const {
  outcome.set_idempotency_key(intent_.key);
  outcome.set_attempts(attempts_);
  if (!answer.complete()) return;
  outcome.set_evidence(v1::EVIDENCE_ANSWER);
  outcome.set_http_status(answer.head.status);
  outcome.set_correlation_id(rest::CorrelationId(answer.head.headers));
  if (!answer.success()) return;
  outcome.set_location(http::PlainHeader(answer.head.headers, "Location"));
  if (!target_.route.created_id_header.empty()) {
    outcome.set_created_id(http::PlainHeader(answer.head.headers,
                                             target_.route.created_id_header));
  }
}

bool Change::Keyed() const {
  return target_.route.idempotency == rest::v1::IDEMPOTENCY_KEYED;
}

// What is created, and where Klarna says so.
bool Change::HasId() const {
  return !target_.route.created_id_header.empty() ||
         !target_.route.created_id_member.empty();
}

bool Change::RepeatIsHarmless() const {
  return Keyed() || target_.route.idempotency == rest::v1::IDEMPOTENCY_ABSOLUTE;
}

bool Change::ReadTells() const {
  return target_.route.idempotency == rest::v1::IDEMPOTENCY_READ_BACK &&
         look_back_.possible();
}

absl::Status Change::StatusOf(AttemptVerdict verdict,
                              const upstream::Answer& answer) const {
  if (verdict == AttemptVerdict::kApplied) return absl::OkStatus();
  if (verdict != AttemptVerdict::kMaybe) {
    return resources_.client.StatusOf(target_, answer);
  }
  return OutcomeUnknown(
      answer.complete()
          ? absl::StrCat("Klarna answered HTTP ", answer.head.status)
          : absl::StrCat("no whole answer came (",
                         http::TransferErrorName(answer.transfer.error), ")"),
      rest::CorrelationId(answer.head.headers));
}

absl::Status Change::OutcomeUnknown(absl::string_view what,
                                    absl::string_view correlation_id) const {
  const absl::Time resend_before = intent_.first_attempt + kIntentLifetime;
  rest::Metadata metadata = {
      {"operation", target_.route.label},
      {"account", target_.account.name},
      {"correlation_id", std::string(correlation_id)},
      {"safe_to_resend", SafeToResend() ? "true" : "false"}};
  if (SafeToResend()) {
    metadata.emplace_back("resend_before",
                          absl::FormatTime(resend_before, absl::UTCTimeZone()));
  }
  absl::Status status = rest::GatewayError(
      absl::StatusCode::kAborted, "OUTCOME_UNKNOWN",
      absl::StrCat(
          target_.route.label, " may or may not have happened: ", what,
          SafeToResend()
              ? ". Send it again with the same request_id"
              : ". Read the resource before anything else; a call with "
                "another request_id could make it happen twice"),
      metadata);
  if (SafeToResend()) {
    // Late enough to be taken for another try wherever it arrives.
    absl::Duration wait = 2 * kFirstTry;
    if (!RepeatIsHarmless()) wait = std::max(wait, MayBeUnderWayFor());
    rest::AddRetryInfo(wait, status);
  }
  return status;
}

// What may be sent again under the same request_id: what was not sent, what
// was refused for a reason that can pass (credentials, a conflict, the rate
// limit, what stands before Klarna), and what Klarna keeps from happening
// twice.
bool Change::IsFinal(AttemptVerdict verdict, int http_status,
                     bool klarnas_own) const {
  switch (verdict) {
    case AttemptVerdict::kApplied:
      return true;
    case AttemptVerdict::kNotSent:
      return false;
    case AttemptVerdict::kRejected:
      return klarnas_own && !upstream::MayFollowASuccess(http_status);
    case AttemptVerdict::kMaybe:
      return !SafeToResend();
  }
  return true;
}

}  // namespace klarna::gateway

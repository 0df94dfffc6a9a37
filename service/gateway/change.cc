// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/change.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
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
               const rest::BoundRequest& bound, const Intent& intent,
               const IntentRecord& before, const PublishReply& reply)
    : resources_(resources),
      target_(target),
      bound_(bound),
      intent_(intent),
      reply_(reply),
      transport_(resources.client.TransportFor(target)),
      maybe_before_(before.outcome.verdict() == v1::VERDICT_UNKNOWN),
      attempts_(before.outcome.attempts()) {}

runtime::Task<ChangeResult> Change::Run() {
  upstream::Client& client = resources_.client;
  runtime::Clock& clock = resources_.executor.clock();
  const runtime::Instant give_up = clock.Now() + target_.account.timeouts.total;
  client.BeginCall();
  for (int attempt = 1;; ++attempt) {
    absl::Status not_sent;
    const upstream::Answer answer = co_await Attempt(not_sent);
    if (!not_sent.ok()) co_return NotSent(not_sent);
    ChangeResult result = Conclude(answer);
    if (!WorthRetrying(result.outcome, answer) || reply_.caller_left() ||
        clock.Now() >= give_up) {
      co_return result;
    }
    const bool again = co_await client.Backoff(target_, attempt, answer);
    if (!again || reply_.caller_left()) co_return result;
    maybe_before_ = result.outcome.verdict() == v1::VERDICT_UNKNOWN;
  }
}

runtime::Task<upstream::Answer> Change::Attempt(absl::Status& not_sent) {
  upstream::Client& client = resources_.client;
  for (bool renewed = false;; renewed = true) {
    absl::StatusOr<upstream::Gate::Pass> pass =
        co_await client.Enter(target_, upstream::CallKind::kChange);
    if (!pass.ok()) {
      not_sent = pass.status();
      co_return upstream::Answer();
    }
    absl::StatusOr<auth::Secret> authorization =
        co_await client.authorizer().Authorize(target_.account,
                                               target_.route.domain);
    if (!authorization.ok()) {
      not_sent = authorization.status();
      co_return upstream::Answer();
    }
    if (reply_.caller_left()) {
      not_sent = rest::GatewayError(
          absl::StatusCode::kUnavailable, "NOT_SENT",
          absl::StrCat(target_.route.label,
                       " was not sent: its caller left before"));
      co_return upstream::Answer();
    }
    http::HttpRequest request =
        MakeChangeRequest(client, target_, bound_, intent_);
    upstream::AddAuthorization(*authorization, request);
    ++attempts_;
    upstream::Answer answer =
        co_await upstream::Exchange(transport_, std::move(request));
    pass->Heard(answer);
    const bool renew =
        answer.complete() && answer.head.status == 401 && !renewed &&
        client.authorizer().Renew(target_.endpoint(), *authorization);
    if (!renew) co_return answer;
  }
}

bool Change::WorthRetrying(const v1::Outcome& outcome,
                           const upstream::Answer& answer) const {
  switch (outcome.verdict()) {
    case v1::VERDICT_NOT_SENT:
      return answer.transfer.error != http::TransferError::kBadRequest;
    case v1::VERDICT_REJECTED:
      return answer.head.status == 429;
    case v1::VERDICT_UNKNOWN:
      return SafeToResend();
    default:
      return false;
  }
}

ChangeResult Change::NotSent(const absl::Status& status) const {
  ChangeResult result;
  result.outcome.set_verdict(maybe_before_ ? v1::VERDICT_UNKNOWN
                                           : v1::VERDICT_NOT_SENT);
  result.outcome.set_idempotency_key(intent_.key);
  result.outcome.set_attempts(attempts_);
  result.status =
      maybe_before_ ? OutcomeUnknown("this time it was not sent", "") : status;
  return result;
}

ChangeResult Change::Conclude(const upstream::Answer& answer) {
  ChangeResult result;
  const rest::ResultField* field = target_.route.ResultFor(answer.head.status);
  upstream::AttemptContext context;
  context.idempotency = target_.route.idempotency;
  context.maybe_before = maybe_before_;
  context.result_expected = field != nullptr;
  context.result_valid =
      answer.success() && DecodeSuccess(target_.route, answer, result.entity);
  AttemptVerdict verdict = upstream::Judge(context, bound_.method, answer);
  // This attempt did nothing, but the one before may have.
  if (verdict == AttemptVerdict::kNotSent && maybe_before_) {
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
  result.final = IsFinal(verdict, answer.head.status);
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

bool Change::SafeToResend() const {
  return target_.route.idempotency == rest::v1::IDEMPOTENCY_KEYED ||
         target_.route.idempotency == rest::v1::IDEMPOTENCY_ABSOLUTE;
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
  return rest::GatewayError(
      absl::StatusCode::kAborted, "OUTCOME_UNKNOWN",
      absl::StrCat(
          target_.route.label, " may or may not have happened: ", what,
          SafeToResend()
              ? ". Send it again with the same request_id"
              : ". Read the resource before anything else; a call with "
                "another request_id could make it happen twice"),
      metadata);
}

// What may be sent again under the same request_id: what was not sent, what
// was refused for a reason that can pass (credentials, rate limit), and what
// Klarna keeps from happening twice.
bool Change::IsFinal(AttemptVerdict verdict, int http_status) const {
  switch (verdict) {
    case AttemptVerdict::kApplied:
      return true;
    case AttemptVerdict::kNotSent:
      return false;
    case AttemptVerdict::kRejected:
      return http_status != 401 && http_status != 403 && http_status != 429;
    case AttemptVerdict::kMaybe:
      return !SafeToResend();
  }
  return true;
}

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/client.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/rest/retry_after.h"
#include "service/rest/status_details.h"

namespace klarna::upstream {
namespace {

using http::TransferError;

// Who waits longer looks now and then whether its caller is still there.
constexpr absl::Duration kLongestSleep = absl::Seconds(1);

rest::Metadata MetadataOf(const CallTarget& target) {
  return {{"operation", target.route.label}, {"account", target.account.name}};
}

absl::Status Unavailable(const CallTarget& target, absl::string_view reason,
                         absl::string_view what) {
  return rest::GatewayError(absl::StatusCode::kUnavailable, reason, what,
                            MetadataOf(target));
}

// The status of a transfer that did not bring a whole answer.
absl::Status TransferStatus(const CallTarget& target,
                            const http::TransferResult& transfer) {
  const absl::string_view name = http::TransferErrorName(transfer.error);
  switch (transfer.error) {
    case TransferError::kBadRequest:
      return rest::GatewayError(
          absl::StatusCode::kInternal, "NOT_SENT",
          absl::StrCat("the bound request is not valid HTTP: ",
                       transfer.detail),
          MetadataOf(target));
    case TransferError::kHeadersTooLarge:
    case TransferError::kBodyTooLarge:
      return UpstreamInvalid(target, name);
    default:
      break;
  }
  if (!transfer.request_sent) {
    return Unavailable(
        target, "NOT_SENT",
        absl::StrCat(target.route.label, " was not sent: ", name));
  }
  return Unavailable(
      target, "UPSTREAM_FAILED",
      absl::StrCat("no whole answer to ", target.route.label, ": ", name));
}

// How long the upstream itself asks to be left alone.
absl::Duration AskedDelay(const Answer& answer, absl::Time now) {
  switch (answer.head.status) {
    case 429:
      return rest::RetryDelay(answer.head.headers, now, absl::Seconds(1));
    case 503:
      return rest::RetryDelay(answer.head.headers, now, absl::ZeroDuration());
    default:
      return absl::ZeroDuration();
  }
}

}  // namespace

absl::Status UpstreamInvalid(const CallTarget& target, absl::string_view what) {
  return rest::GatewayError(
      absl::StatusCode::kInternal, "UPSTREAM_INVALID",
      absl::StrCat("the answer to ", target.route.label,
                   " is not what Klarna documents: ", what,
                   ". Check that base_uri leads to Klarna and not to a proxy"),
      MetadataOf(target));
}

http::HttpRequest Client::MakeRequest(const CallTarget& target,
                                      const rest::BoundRequest& bound) const {
  http::HttpRequest request;
  request.method = bound.method;
  request.url = absl::StrCat(target.endpoint().base_uri, bound.Target());
  // With room for what is added here and by callers.
  request.headers.reserve(bound.headers.size() + 3);
  request.headers.assign(bound.headers.begin(), bound.headers.end());
  if (http::FindHeader(request.headers, "User-Agent").empty()) {
    request.headers.emplace_back("User-Agent", "klarna-gateway");
  }
  request.body = bound.body;
  request.idle_timeout = target.account.timeouts.idle;
  // Zero would mean no limit.
  request.timeout =
      std::clamp(target.deadline - executor_.clock().Now(),
                 absl::Milliseconds(1), target.account.timeouts.total);
  // Over loopback inflating costs more than it saves.
  request.accept_gzip = absl::StartsWith(request.url, "https:");
  return request;
}

CallTransport Client::TransportFor(const CallTarget& target) const {
  return CallTransport(transport_, log_, executor_.clock(),
                       {.account = target.account.name,
                        .operation = target.route.label,
                        .base_uri = target.endpoint().base_uri,
                        .logging = target.account.request_logging,
                        .route = &target.route});
}

absl::Status Client::StatusOf(const CallTarget& target,
                              const Answer& answer) const {
  if (executor_.clock().Now() >= target.deadline) {
    return rest::GatewayError(
        absl::StatusCode::kDeadlineExceeded, "DEADLINE",
        absl::StrCat("the deadline came before the answer to ",
                     target.route.label),
        MetadataOf(target));
  }
  if (!answer.complete()) return TransferStatus(target, answer.transfer);
  if (answer.head.status == 205 || answer.head.status == 206) {
    return Unavailable(
        target, "UPSTREAM_FAILED",
        absl::StrCat("HTTP ", answer.head.status, " for ", target.route.label,
                     ": a part of an answer, or none"));
  }
  return errors_.Map(target.label(), {.http_status = answer.head.status,
                                      .headers = answer.head.headers,
                                      .body = answer.body,
                                      .came = executor_.clock().WallNow()});
}

bool Client::WorthRetrying(const Answer& answer) {
  switch (answer.transfer.error) {
    case TransferError::kNone:
      break;
    case TransferError::kBadRequest:
    case TransferError::kHeadersTooLarge:
    case TransferError::kBodyTooLarge:
      return false;
    default:
      return true;
  }
  const int status = answer.head.status;
  return status == 408 || status == 429 || status == 205 || status == 206 ||
         status >= 500 || (status >= 300 && status < 400);
}

runtime::Task<bool> Client::Backoff(const CallTarget& target, int attempt,
                                    const Answer& answer) {
  if (attempt >= retry_.attempts) co_return false;
  const absl::Duration ceiling = std::min(
      retry_.backoff_max, retry_.backoff * (int64_t{1} << (attempt - 1)));
  const absl::Duration delay = AskedDelay(answer, executor_.clock().WallNow()) +
                               ceiling * random_.Uniform();
  const runtime::Instant latest =
      std::min(target.deadline, target.begin_before);
  if (executor_.clock().Now() + delay >= latest) co_return false;
  if (!retry_budget_.Withdraw(target)) co_return false;
  const runtime::Instant again = executor_.clock().Now() + delay;
  for (absl::Duration wait = delay; wait > absl::ZeroDuration();
       wait = again - executor_.clock().Now()) {
    co_await runtime::Sleep(executor_, std::min(wait, kLongestSleep));
    if (target.left != nullptr && target.left()) co_return false;
  }
  co_return true;
}

runtime::Task<absl::StatusOr<Answer>> Client::Read(
    const CallTarget& target, const rest::BoundRequest& bound, Accept accept) {
  BeginCall(target);
  CallTransport transport = TransportFor(target);
  bool renewed = false;
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<Gate::Pass> pass = co_await Enter(target, CallKind::kRead);
    if (!pass.ok()) co_return pass.status();
    absl::StatusOr<auth::Secret> authorization =
        co_await authorizer_.Authorize(target.account, target.route.domain);
    if (!authorization.ok()) co_return authorization.status();
    http::HttpRequest request = MakeRequest(target, bound);
    AddAuthorization(*authorization, request);
    Answer answer = co_await Exchange(transport, std::move(request));
    pass->Heard(answer);
    if (answer.success()) {
      absl::Status accepted = accept(answer);
      if (accepted.ok()) co_return answer;
      if (answer.transfer.framed) {
        co_return UpstreamInvalid(target, accepted.message());
      }
      // Without framing, a body that does not parse may just have been cut.
      answer.transfer.error = TransferError::kTruncated;
    }
    if (answer.complete() && answer.head.status == 401 && !renewed &&
        authorizer_.Renew(target.endpoint(), *authorization)) {
      renewed = true;
      continue;
    }
    if (!WorthRetrying(answer)) co_return StatusOf(target, answer);
    const bool again = co_await Backoff(target, attempt, answer);
    if (!again) co_return StatusOf(target, answer);
  }
}

}  // namespace klarna::upstream

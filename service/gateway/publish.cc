// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/publish.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "service/gateway/batcher.h"
#include "service/gateway/change.h"
#include "service/gateway/dry_run.h"
#include "service/gateway/refusal.h"
#include "service/gateway/request.h"
#include "service/gateway/rewrite.h"
#include "service/json/wire.h"
#include "service/rest/status_details.h"

namespace klarna::gateway {
namespace {

// A change that begins with less left would hardly be answered in time.
constexpr absl::Duration kLeastTimeToAnswer = absl::Seconds(1);

struct PublishResult {
  absl::Status status;
  std::string message;
};

// The status of a record, with its outcome as it is now.
absl::Status WithOutcome(absl::Status status, const v1::Outcome& outcome) {
  if (!status.ok()) rest::AddDetail(outcome, status);
  return status;
}

PublishResult Replay(const rest::Envelope& envelope, IntentRecord record) {
  record.outcome.set_evidence(v1::EVIDENCE_REPLAY);
  PublishResult result;
  result.status = WithOutcome(record.status, record.outcome);
  json::AppendLengthDelimited(static_cast<uint32_t>(envelope.outcome),
                              record.outcome.SerializeAsString(),
                              result.message);
  return result;
}

// Nothing was sent by this call; another one may have sent it.
v1::Outcome Untouched(const Intent& intent, bool maybe_sent) {
  v1::Outcome outcome;
  outcome.set_verdict(maybe_sent ? v1::VERDICT_UNKNOWN : v1::VERDICT_NOT_SENT);
  outcome.set_idempotency_key(intent.key);
  return outcome;
}

absl::Status KeyReused(const Intent& intent, bool maybe_sent) {
  return WithOutcome(
      rest::GatewayError(
          absl::StatusCode::kInvalidArgument, "IDEMPOTENCY_KEY_REUSED",
          "this request_id was used before for another content. Klarna would "
          "swallow the change; nothing was sent. A new change needs a new "
          "request_id"),
      Untouched(intent, maybe_sent));
}

absl::Status MemoryFull(const Intent& intent, bool maybe_sent) {
  absl::Status status = rest::GatewayError(
      absl::StatusCode::kResourceExhausted, "INTENT_MEMORY_FULL",
      "too many changes are in flight or of unknown outcome; nothing was sent");
  rest::AddRetryInfo(absl::Seconds(1), status);
  return WithOutcome(std::move(status), Untouched(intent, maybe_sent));
}

absl::Status Expired() {
  return rest::GatewayError(
      absl::StatusCode::kFailedPrecondition, "REQUEST_ID_EXPIRED",
      "the first attempt was more than 23 hours ago, and Klarna forgets an "
      "idempotency key after 24: sending the change again could make it "
      "happen twice. Read the resource to see whether it happened; if it "
      "did not, send it with a new request_id");
}

// One Publish after its request was understood. `bound` is the call as the
// caller meant it, `transformer` the name of what rewrites it, or empty.
class Publication {
 public:
  Publication(const Resources& resources, const rest::Envelope& envelope,
              const upstream::CallTarget& target, const DecodedRequest& request,
              const rest::BoundRequest& bound, const std::string& transformer,
              const Intent& intent, PublishReply& reply)
      : resources_(resources),
        envelope_(envelope),
        target_(target),
        request_(request),
        bound_(bound),
        transformer_(transformer),
        intent_(intent),
        reply_(reply) {}

  runtime::Task<PublishResult> Run() {
    const IntentClaim claim =
        co_await resources_.intents.Claim(intent_, resources_.executor);
    switch (claim.state) {
      case IntentClaim::State::kMine:
        break;
      case IntentClaim::State::kSettled:
        co_return Replay(envelope_, claim.record);
      case IntentClaim::State::kOtherBody:
        co_return PublishResult{KeyReused(intent_, claim.doubt), ""};
      case IntentClaim::State::kFull:
        co_return PublishResult{MemoryFull(intent_, claim.doubt), ""};
    }
    co_return co_await Make(claim);
  }

  // Of a call that made the change; to be taken once.
  v1::Outcome TakeOutcome() { return std::move(outcome_); }

 private:
  // Makes the change, which is this call's to make.
  runtime::Task<PublishResult> Make(const IntentClaim& claim) {
    const absl::Duration age =
        resources_.executor.clock().WallNow() - intent_.first_attempt;
    runtime::Task<ChangeResult> task =
        age > kIntentLifetime ? LookFor(claim) : Send(claim);
    ChangeResult result = co_await std::move(task);
    IntentRecord record;
    record.status = WithOutcome(std::move(result.status), result.outcome);
    record.outcome = std::move(result.outcome);
    record.maybe_executed = result.maybe_executed;
    record.last_sent = result.last_sent;
    record.given_up = reply_.caller_left();
    co_await resources_.intents.Settle(intent_.key, record, result.final);
    outcome_ = std::move(record.outcome);
    PublishResult published;
    published.status = std::move(record.status);
    if (published.status.ok()) published.message = Message(result.entity);
    co_return published;
  }

  // Says what became of a change that is too old to be sent again.
  runtime::Task<ChangeResult> LookFor(const IntentClaim& claim) {
    std::string meant(request_.operation);
    if (!transformer_.empty()) {
      absl::StatusOr<Rewritten> rewritten =
          co_await Rewrite(resources_, request_, transformer_);
      meant.clear();
      if (rewritten.ok()) meant = std::move(rewritten->operation);
    }
    Change change(resources_, target_, bound_, meant, intent_, claim, reply_);
    ChangeResult result = co_await change.FindOut();
    if (!result.status.ok()) result.status = Expired();
    co_return result;
  }

  runtime::Task<ChangeResult> Send(const IntentClaim& claim) {
    if (transformer_.empty()) {
      Change change(resources_, target_, bound_, request_.operation, intent_,
                    claim, reply_);
      co_return co_await change.Run();
    }
    const absl::StatusOr<Rewritten> rewritten =
        co_await Rewrite(resources_, request_, transformer_);
    if (!rewritten.ok()) {
      Change change(resources_, target_, bound_, {}, intent_, claim, reply_);
      co_return change.NotSent(rewritten.status());
    }
    Change change(resources_, target_, rewritten->bound, rewritten->operation,
                  intent_, claim, reply_);
    co_return co_await change.Run();
  }

  // Of a change that was applied.
  std::string Message(const json::DecodedMessage& entity) const {
    std::string message;
    json::AppendLengthDelimited(static_cast<uint32_t>(envelope_.outcome),
                                outcome_.SerializeAsString(), message);
    for (const json::Unmapped& entry : entity.unmapped) {
      AppendUnmapped(envelope_.response_unmapped, -1, entry, message);
    }
    const rest::ResultField* field =
        target_.route.ResultFor(outcome_.http_status());
    // A read back may know the verdict and not the result.
    const bool unread =
        outcome_.evidence() == v1::EVIDENCE_READ_BACK && entity.wire.empty();
    if (field != nullptr && !unread) {
      json::AppendLengthDelimited(static_cast<uint32_t>(field->field),
                                  entity.wire, message);
    }
    return message;
  }

  const Resources& resources_;
  const rest::Envelope& envelope_;
  const upstream::CallTarget& target_;
  const DecodedRequest& request_;
  const rest::BoundRequest& bound_;
  const std::string& transformer_;
  const Intent& intent_;
  PublishReply& reply_;
  v1::Outcome outcome_;
};

// Headers that say who calls and why, not what is to be done: they may differ
// between two tries of one change.
bool SaysWhatToDo(absl::string_view header) {
  constexpr absl::string_view kAboutTheCall[] = {
      "Partner-Correlation-Id", "Klarna-Integration-Metadata", "User-Agent"};
  return std::none_of(std::begin(kAboutTheCall), std::end(kAboutTheCall),
                      [header](absl::string_view each) {
                        return absl::EqualsIgnoreCase(each, header);
                      });
}

std::string ContentOf(const rest::BoundRequest& bound,
                      absl::string_view transformer) {
  constexpr size_t kUsualHead = 256;
  std::string content;
  content.reserve(kUsualHead + bound.body.size());
  absl::StrAppend(&content, bound.method, " ", bound.Target(), "\n");
  for (const auto& [name, value] : bound.headers) {
    if (!SaysWhatToDo(name)) continue;
    absl::StrAppend(&content, name, ": ", value, "\n");
  }
  absl::StrAppend(&content, "\n", transformer, "\n", bound.body);
  return content;
}

struct PublishSummary {
  CallSummary call;
  v1::Outcome outcome;
};

PublishResult DryRun(const Resources& resources, const rest::Envelope& envelope,
                     const upstream::CallTarget& target,
                     const rest::BoundRequest& bound, const Intent& intent,
                     PublishSummary& summary) {
  summary.outcome.set_verdict(v1::VERDICT_NOT_SENT);
  summary.outcome.set_idempotency_key(intent.key);
  return {absl::OkStatus(),
          DryChange(envelope,
                    MakeChangeRequest(resources.client, target, bound, intent),
                    intent.key)};
}

runtime::Task<PublishResult> Publish(const Resources& resources,
                                     const rest::Method& method,
                                     const CallContext& context,
                                     const std::string& bytes,
                                     PublishReply& reply,
                                     PublishSummary& summary) {
  const auto refuse = [&](const absl::Status& status) {
    google::protobuf::io::ArrayInputStream stream(
        bytes.data(), static_cast<int>(bytes.size()));
    return PublishResult{
        RefuseChange(status, method, stream, context, resources.intents,
                     resources.executor.clock().WallNow()),
        ""};
  };
  absl::StatusOr<DecodedRequest> request = DecodeRequest(method, bytes);
  if (!request.ok()) co_return refuse(request.status());
  const rest::Route& route = *request->route;
  summary.call.operation = route.label;
  absl::StatusOr<const config::Account*> account =
      FindAccount(resources.config, request->options);
  if (!account.ok()) co_return refuse(account.status());
  summary.call.account = (*account)->name;
  absl::StatusOr<std::string> transformer =
      ChooseTransformer(resources.config, **account, route, request->options);
  if (!transformer.ok()) co_return refuse(transformer.status());
  absl::StatusOr<rest::BoundRequest> bound =
      BindCall(method, *request, **account);
  if (!bound.ok()) co_return refuse(bound.status());
  const IntentScope scope{context.tenant, **account, route, bound->path};
  absl::StatusOr<Intent> intent = MakeIntent(
      scope, {request->request_id.data(), request->request_id.size()},
      request->first_attempt_at ? &*request->first_attempt_at : nullptr,
      ContentOf(*bound, request->options.transformer()),
      resources.executor.clock().WallNow(), resources.random);
  if (!intent.ok()) co_return refuse(intent.status());
  intent->maybe_tried_before |= context.tried_before;
  // Without the caller's deadline: what is sent is followed to its end.
  const upstream::CallTarget target{
      .route = route,
      .account = **account,
      .begin_before = context.deadline - kLeastTimeToAnswer};
  if (request->options.dry_run()) {
    if (!transformer->empty()) {
      absl::StatusOr<Rewritten> rewritten =
          co_await Rewrite(resources, *request, *transformer);
      if (!rewritten.ok()) co_return refuse(rewritten.status());
      bound = std::move(rewritten->bound);
    }
    co_return DryRun(resources, method.envelope, target, *bound, *intent,
                     summary);
  }
  Publication publication(resources, method.envelope, target, *request, *bound,
                          *transformer, *intent, reply);
  PublishResult result = co_await publication.Run();
  summary.outcome = publication.TakeOutcome();
  co_return result;
}

void LogCall(const Resources& resources, const rest::Method& method,
             const PublishSummary& summary, const absl::Status& status,
             absl::Duration took) {
  const observability::Level level =
      summary.outcome.verdict() == v1::VERDICT_UNKNOWN
          ? observability::Level::kError
          : observability::Level::kInfo;
  if (!resources.log.Enabled(level)) return;
  resources.log.Write(level, "call finished",
                      {{"grpc_method", method.descriptor->full_name()},
                       {"klarna_operation", summary.call.operation},
                       {"account", summary.call.account},
                       {"grpc_code", absl::StatusCodeToString(status.code())},
                       {"duration_ms", absl::ToDoubleMilliseconds(took)},
                       {"verdict", v1::Verdict_Name(summary.outcome.verdict())},
                       {"http_status", summary.outcome.http_status()},
                       {"correlation_id", summary.outcome.correlation_id()},
                       {"idempotency_key", summary.outcome.idempotency_key()}});
}

}  // namespace

runtime::Detached ServePublish(Resources resources, const rest::Method& method,
                               CallContext context, std::string request,
                               std::shared_ptr<PublishReply> reply) {
  const runtime::Instant started = resources.executor.clock().Now();
  PublishSummary summary;
  PublishResult result =
      co_await Publish(resources, method, context, request, *reply, summary);
  LogCall(resources, method, summary, result.status,
          resources.executor.clock().Now() - started);
  reply->Finish(result.status, std::move(result.message));
}

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/subscribe.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/gateway/content_stream.h"
#include "service/gateway/dry_run.h"
#include "service/gateway/list_stream.h"
#include "service/gateway/request.h"
#include "service/gateway/rewrite.h"
#include "service/gateway/single_stream.h"
#include "service/rest/request_binder.h"
#include "service/rest/status_details.h"

namespace klarna::gateway {
namespace {

// Lists have pages; an entity and a file have none.
absl::Status CheckPaging(const rest::Route& route,
                         const v1::PageOptions& paging) {
  if (route.result.kind == rest::ResultField::Kind::kList) {
    return Pager::CheckOptions(route.paging, paging);
  }
  if (paging.ByteSizeLong() == 0) return absl::OkStatus();
  const absl::string_view option =
      !paging.resume_token().empty() ? "paging.resume_token" : "paging";
  return rest::InvalidField(
      option, absl::StrCat(route.operation, " is not a list; leave it out"));
}

}  // namespace

SubscribeCall::SubscribeCall(const Resources& resources,
                             const rest::Method& method, CallContext context,
                             std::string request, ResponseStream& stream)
    : resources_(resources),
      method_(method),
      context_(std::move(context)),
      request_(std::move(request)),
      stream_(stream),
      writer_(resources.executor, stream, resources.page_budget),
      started_(resources.executor.clock().Now()) {}

void SubscribeCall::Start() {
  if (context_.deadline != absl::InfiniteDuration()) {
    deadline_timer_.emplace(
        resources_.executor, context_.deadline - started_, [this] {
          story_.Reset();
          Finish(rest::GatewayError(absl::StatusCode::kDeadlineExceeded,
                                    "DEADLINE",
                                    "the caller's deadline has passed"));
        });
  }
  story_ = Run();
  story_.Start();
}

runtime::Task<void> SubscribeCall::Run() {
  const absl::Status status = co_await Serve();
  deadline_timer_.reset();
  Finish(status);
}

runtime::Task<absl::Status> SubscribeCall::Serve() {
  absl::StatusOr<DecodedRequest> request = DecodeRequest(method_, request_);
  if (!request.ok()) co_return request.status();
  const rest::Route& route = *request->route;
  summary_.operation = route.label;
  absl::StatusOr<const config::Account*> account =
      FindAccount(resources_.config, request->options);
  if (!account.ok()) co_return account.status();
  summary_.account = (*account)->name;
  if (absl::Status status = CheckPaging(route, request->paging); !status.ok()) {
    co_return status;
  }
  absl::StatusOr<std::string> transformer =
      ChooseTransformer(resources_.config, **account, route, request->options);
  if (!transformer.ok()) co_return transformer.status();
  absl::StatusOr<rest::BoundRequest> bound =
      BindCall(method_, *request, **account);
  if (bound.ok() && !transformer->empty()) {
    absl::StatusOr<Rewritten> rewritten =
        co_await Rewrite(resources_, *request, *transformer);
    if (!rewritten.ok()) co_return rewritten.status();
    bound = std::move(rewritten->bound);
  }
  if (!bound.ok()) co_return bound.status();

  const upstream::CallTarget target{route, **account, context_.deadline};
  const EnvelopeFields fields{method_.envelope.batch,
                              method_.envelope.response_unmapped};
  const bool dry_run = request->options.dry_run();
  switch (route.result.kind) {
    case rest::ResultField::Kind::kEntity:
    case rest::ResultField::Kind::kRaw: {
      if (dry_run) break;
      SingleStream stream(resources_, target, fields, writer_);
      co_return co_await stream.Run(*bound);
    }
    case rest::ResultField::Kind::kList: {
      ListStream stream(resources_, target, fields, writer_, *bound,
                        request->paging, context_.tenant, summary_);
      if (dry_run) {
        bound = stream.FirstCall();
        if (!bound.ok()) co_return bound.status();
        break;
      }
      co_return co_await stream.Run();
    }
    case rest::ResultField::Kind::kContent: {
      if (dry_run) break;
      ContentStream stream(resources_, target, fields, writer_);
      co_return co_await stream.Run(*bound);
    }
  }
  writer_.Write(DryStream(method_.envelope,
                          resources_.client.MakeRequest(target, *bound)));
  co_await writer_.Taken(resources_.config.limits.stall_end);
  co_return absl::OkStatus();
}

void SubscribeCall::Finish(const absl::Status& status) {
  const observability::Level level =
      status.code() == absl::StatusCode::kInternal ||
              status.code() == absl::StatusCode::kDataLoss
          ? observability::Level::kError
          : observability::Level::kInfo;
  const absl::Duration took = resources_.executor.clock().Now() - started_;
  resources_.log.Write(level, "call finished",
                       {{"grpc_method", method_.descriptor->full_name()},
                        {"klarna_operation", summary_.operation},
                        {"account", summary_.account},
                        {"grpc_code", absl::StatusCodeToString(status.code())},
                        {"duration_ms", absl::ToDoubleMilliseconds(took)},
                        {"pages", summary_.pages},
                        {"entities", summary_.entities}});
  stream_.Finish(status);
}

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/rewrite.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/rest/operation_document.h"
#include "service/rest/status_details.h"

namespace klarna::gateway {
namespace {

constexpr char kOption[] = "options.transformer";

absl::Status Failed(absl::string_view transformer, absl::string_view why) {
  return rest::GatewayError(
      absl::StatusCode::kInvalidArgument, "TRANSFORMER_FAILED",
      absl::StrCat("transformer ", transformer, ": ", why),
      {{"transformer", std::string(transformer)}});
}

// Gives what the transformers say the form that all errors have.
absl::Status NotRun(absl::string_view transformer, const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return Failed(transformer, status.message());
    case absl::StatusCode::kResourceExhausted: {
      absl::Status busy =
          rest::GatewayError(absl::StatusCode::kResourceExhausted,
                             "TRANSFORMER_BUSY", status.message());
      rest::AddRetryInfo(absl::Seconds(1), busy);
      return busy;
    }
    default:
      return rest::GatewayError(
          absl::StatusCode::kUnavailable, "NOT_SENT",
          absl::StrCat("transformer ", transformer, ": ", status.message()));
  }
}

absl::StatusOr<Rewritten> BindDocument(const rest::Route& route,
                                       std::string_view operation,
                                       std::string_view document) {
  absl::StatusOr<rest::Operation> rewritten =
      rest::ReadDocument(route, operation, document);
  if (!rewritten.ok()) return rewritten.status();
  absl::StatusOr<rest::BoundRequest> bound =
      rest::Bind(route, rewritten->wire, rewritten->unmapped);
  if (!bound.ok()) return bound.status();
  if (bound->body.size() > kMaxRequestBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the payload has ", bound->body.size(),
                     " bytes; Klarna takes ", kMaxRequestBytes));
  }
  return Rewritten{std::move(rewritten->wire), *std::move(bound)};
}

}  // namespace

absl::StatusOr<std::string> ChooseTransformer(const config::Config& config,
                                              const config::Account& account,
                                              const rest::Route& route,
                                              const v1::CallOptions& options) {
  const std::string& named = options.transformer();
  if (named.empty()) {
    return rest::HasDocument(route) ? account.TransformerFor(route.label)
                                    : std::string();
  }
  if (config.FindTransformer(named) == nullptr) {
    return rest::InvalidField(
        kOption,
        "no transformer of this name is configured; leave it empty "
        "for the account's default");
  }
  if (!rest::HasDocument(route)) {
    return rest::InvalidField(
        kOption, absl::StrCat(route.operation,
                              " has no document that a transformer could "
                              "rewrite; leave it out"));
  }
  return named;
}

runtime::Task<absl::StatusOr<Rewritten>> Rewrite(
    const Resources& resources, const DecodedRequest& request,
    const std::string& transformer) {
  absl::StatusOr<std::string> document =
      rest::WriteDocument(*request.route, request.operation, request.unmapped);
  if (!document.ok()) co_return document.status();
  if (resources.transformers == nullptr) {
    co_return NotRun(transformer, absl::UnavailableError("there are none"));
  }
  runtime::OneShot<absl::StatusOr<std::string>> result;
  const std::unique_ptr<transform::Transformers::Run> run =
      resources.transformers->Start(
          transformer, *std::move(document), resources.executor,
          [&result](absl::StatusOr<std::string> rewritten) {
            result.Set(std::move(rewritten));
          });
  const absl::StatusOr<std::string> rewritten = co_await result;
  if (!rewritten.ok()) co_return NotRun(transformer, rewritten.status());
  absl::StatusOr<Rewritten> call =
      BindDocument(*request.route, request.operation, *rewritten);
  if (!call.ok()) co_return Failed(transformer, call.status().message());
  co_return call;
}

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/content_stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/json/wire.h"
#include "service/rest/status_details.h"

namespace klarna::gateway {
namespace {

absl::Status CutOff(const upstream::CallTarget& target,
                    absl::string_view what) {
  return rest::GatewayError(
      absl::StatusCode::kUnavailable, "UPSTREAM_FAILED", what,
      {{"operation", target.route.label}, {"account", target.account.name}});
}

// A web page in place of a report comes from a proxy or a login page.
bool IsUnexpectedHtml(const rest::Route& route,
                      const http::HttpResponseHead& head) {
  const absl::string_view type = http::FindHeader(head.headers, "Content-Type");
  return absl::StartsWithIgnoreCase(type, "text/html") &&
         !absl::StrContains(route.accept, "html");
}

}  // namespace

runtime::Task<absl::Status> ContentStream::Run(
    const rest::BoundRequest& bound) {
  upstream::Client& client = resources_.client;
  client.BeginCall(target_);
  upstream::CallTransport transport = client.TransportFor(target_);
  bool renewed = false;
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<upstream::Gate::Pass> pass =
        co_await client.Enter(target_, upstream::CallKind::kRead);
    if (!pass.ok()) co_return pass.status();
    absl::StatusOr<auth::Secret> authorization =
        co_await client.authorizer().Authorize(target_.account,
                                               target_.route.domain);
    if (!authorization.ok()) co_return authorization.status();
    http::HttpRequest request = client.MakeRequest(target_, bound);
    upstream::AddAuthorization(*authorization, request);
    request.timeout = absl::ZeroDuration();
    request.max_body_bytes = 0;
    request.accept_gzip = false;
    upstream::BodyReader body(resources_.executor, transport,
                              std::move(request));
    upstream::Answer answer = co_await body.Head();
    pass->Heard(answer);
    if (answer.success()) {
      if (IsUnexpectedHtml(target_.route, answer.head)) {
        co_return UpstreamInvalid(target_, "an HTML page");
      }
      co_return co_await Emit(body);
    }
    if (answer.head.status == 401 && !renewed &&
        client.authorizer().Renew(target_.endpoint(), *authorization)) {
      renewed = true;
      continue;
    }
    if (!client.WorthRetrying(answer)) {
      co_return client.StatusOf(target_, answer);
    }
    const bool again = co_await client.Backoff(target_, attempt, answer);
    if (!again) co_return client.StatusOf(target_, answer);
  }
}

runtime::Task<absl::Status> ContentStream::Emit(upstream::BodyReader& body) {
  const size_t chunk_bytes =
      static_cast<size_t>(resources_.config.limits.batch_bytes);
  std::string content_type =
      http::PlainHeader(body.head().headers, "Content-Type");
  for (;;) {
    // One byte more than a chunk, so that the last chunk is known as such.
    co_await body.Fill(chunk_bytes + 1);
    if (body.failed()) {
      co_return CutOff(target_, "the file broke off before its end");
    }
    const std::string data = body.Take(chunk_bytes);
    const bool end = body.at_end();
    const bool last = end && body.framed();
    writer_.Write(ChunkMessage(data, content_type, last));
    content_type.clear();
    const bool taken =
        co_await writer_.Taken(resources_.config.limits.stall_end);
    if (!taken) {
      co_return rest::GatewayError(absl::StatusCode::kResourceExhausted,
                                   "READER_STALLED",
                                   "the caller does not read the file");
    }
    if (last) co_return absl::OkStatus();
    if (end) {
      co_return CutOff(target_,
                       "the upstream did not mark the end of the file, so it "
                       "may have been cut");
    }
  }
}

std::string ContentStream::ChunkMessage(absl::string_view data,
                                        absl::string_view content_type,
                                        bool last) const {
  v1::Batch batch;
  batch.set_last(last);
  v1::Content content;
  content.set_data(std::string(data));
  content.set_content_type(std::string(content_type));
  std::string message;
  json::AppendLengthDelimited(static_cast<uint32_t>(fields_.batch),
                              batch.SerializeAsString(), message);
  json::AppendLengthDelimited(static_cast<uint32_t>(target_.route.result.field),
                              content.SerializeAsString(), message);
  return message;
}

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/call_transport.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "klarna/gateway/v1/klarna_error.pb.h"
#include "service/auth/secret.h"
#include "service/json/schema.h"
#include "service/rest/klarna_error.h"
#include "service/upstream/redacted_json.h"
#include "service/upstream/redaction.h"

namespace klarna::upstream {
namespace {

using config::RequestLogging;
using observability::JsonValue;
using observability::LogField;

// Klarna's errors are alike in all domains.
BodyShape ErrorShape() {
  static const json::Schema* const schema =
      json::Schema::Compile({gateway::v1::KlarnaError::descriptor()})
          .value()
          .release();
  return {schema->Find(gateway::v1::KlarnaError::descriptor())};
}

BodyShape RequestShape(const rest::Route* route) {
  if (route == nullptr) return {};
  for (const rest::Binding& binding : route->bindings) {
    if (binding.place == rest::Binding::Place::kBody) return {binding.table};
  }
  return {};
}

BodyShape ResponseShape(const rest::Route* route, int status) {
  if (route == nullptr) return {};
  if (status < 200 || status >= 300) return ErrorShape();
  const rest::ResultField* result = route->ResultFor(status);
  if (result == nullptr || result->table == nullptr) return {};
  if (!route->paging.top_level_array) return {result->table};
  const json::Field* items = result->table->FindByNumber(
      static_cast<uint32_t>(route->paging.items_field));
  return {items->message, /*array=*/true};
}

// What proves who we are: the Authorization header without its scheme.
auth::Secret CredentialOf(const http::Headers& headers) {
  const absl::string_view value = http::FindHeader(headers, "Authorization");
  const absl::string_view secret = value.substr(value.rfind(' ') + 1);
  return auth::Secret({secret.data(), secret.size()});
}

// One request on its way, and what of its answer goes into the log.
class LoggedTransfer final : public http::Transfer, private http::ResponseSink {
 public:
  LoggedTransfer(const RequestOrigin& origin, int attempt,
                 observability::Log& log, const runtime::Clock& clock,
                 http::ResponseSink& sink)
      : origin_(origin),
        attempt_(attempt),
        log_(log),
        clock_(clock),
        sink_(sink) {}

  // Cut short by its caller, unless it was done.
  ~LoggedTransfer() override {
    if (!done_) Write("abandoned", "", /*whole_body=*/false);
  }

  void Start(http::HttpTransport& transport, http::HttpRequest request) {
    method_ = request.method;
    url_ = RedactedUrl(origin_.route,
                       {origin_.base_uri.data(), origin_.base_uri.size()},
                       request.url);
    request_bytes_ = request.body.size();
    AppendRedactedHeaders(request.headers, origin_.route, request_headers_);
    credential_ = CredentialOf(request.headers);
    if (logs_bodies()) {
      request_redaction_ =
          AppendRedactedJson(request.body, /*whole=*/true,
                             RequestShape(origin_.route), request_body_);
    }
    started_ = clock_.Now();
    transfer_ = transport.Start(std::move(request), *this);
  }

  void Resume() override { transfer_->Resume(); }

 private:
  bool logs_bodies() const {
    return origin_.logging == RequestLogging::kBodies;
  }

  void OnHead(http::HttpResponseHead head) override {
    status_ = head.status;
    correlation_id_ = rest::CorrelationId(head.headers);
    HideCredential(correlation_id_);
    AppendRedactedHeaders(head.headers, origin_.route, response_headers_);
    HideCredential(response_headers_);
    sink_.OnHead(std::move(head));
  }

  bool OnBody(std::string_view chunk) override {
    response_bytes_ += chunk.size();
    if (logs_bodies()) {
      response_start_.append(
          chunk.substr(0, kMaxLoggedBody - response_start_.size()));
    }
    return sink_.OnBody(chunk);
  }

  void OnDone(http::TransferResult result) override {
    done_ = true;
    const bool whole = result.error == http::TransferError::kNone;
    Write(whole ? "" : http::TransferErrorName(result.error), result.detail,
          whole && response_bytes_ == response_start_.size());
    sink_.OnDone(std::move(result));
  }

  void Write(absl::string_view error, absl::string_view detail,
             bool whole_body) {
    std::vector<LogField> fields = {{"account", origin_.account},
                                    {"klarna_operation", origin_.operation},
                                    {"attempt", attempt_},
                                    {"method", method_},
                                    {"url", url_}};
    if (status_ != 0) fields.push_back({"status", status_});
    if (!error.empty()) fields.push_back({"error", error});
    if (!detail.empty()) fields.push_back({"detail", detail});
    fields.insert(
        fields.end(),
        {{"duration_ms", absl::ToDoubleMilliseconds(clock_.Now() - started_)},
         {"correlation_id", correlation_id_},
         {"request_bytes", request_bytes_},
         {"response_bytes", response_bytes_},
         {"request_headers", JsonValue{request_headers_}}});
    if (status_ != 0) {
      fields.push_back({"response_headers", JsonValue{response_headers_}});
    }
    AddBody("request_body", "request_body_cut", request_redaction_,
            request_body_, fields);
    std::string response_body;
    const Redaction redaction = AppendRedactedJson(
        response_start_, whole_body, ResponseShape(origin_.route, status_),
        response_body);
    HideCredential(response_body);
    AddBody("response_body", "response_body_cut", redaction, response_body,
            fields);
    log_.Info("upstream request", fields);
  }

  // An upstream may echo it where no rule looks for it.
  void HideCredential(std::string& text) const {
    const std::string_view secret = credential_.Reveal();
    if (secret.empty()) return;
    absl::StrReplaceAll({{{secret.data(), secret.size()}, "[redacted]"}},
                        &text);
  }

  static void AddBody(std::string_view name, std::string_view cut_name,
                      Redaction redaction, const std::string& body,
                      std::vector<LogField>& fields) {
    if (redaction == Redaction::kNotUnderstood) return;
    fields.push_back({name, JsonValue{body}});
    if (redaction == Redaction::kCut) fields.push_back({cut_name, true});
  }

  const RequestOrigin origin_;
  const int attempt_;
  observability::Log& log_;
  const runtime::Clock& clock_;
  http::ResponseSink& sink_;

  runtime::Instant started_;
  bool done_ = false;
  std::string method_;
  std::string url_;
  std::string request_headers_;
  auth::Secret credential_;
  size_t request_bytes_ = 0;
  std::string request_body_;
  Redaction request_redaction_ = Redaction::kNotUnderstood;
  int status_ = 0;
  std::string correlation_id_;
  std::string response_headers_;
  size_t response_bytes_ = 0;
  std::string response_start_;                // At most kMaxLoggedBody.
  std::unique_ptr<http::Transfer> transfer_;  // Last: destroyed first.
};

}  // namespace

std::unique_ptr<http::Transfer> CallTransport::Start(http::HttpRequest request,
                                                     http::ResponseSink& sink) {
  if (origin_.logging == RequestLogging::kOff ||
      !log_.Enabled(observability::Level::kInfo)) {
    return transport_.Start(std::move(request), sink);
  }
  auto transfer = std::make_unique<LoggedTransfer>(origin_, ++attempts_, log_,
                                                   clock_, sink);
  transfer->Start(transport_, std::move(request));
  return transfer;
}

}  // namespace klarna::upstream

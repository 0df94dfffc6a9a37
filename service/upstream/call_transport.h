// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/strings/string_view.h"
#include "service/config/config.h"
#include "service/http/transport.h"
#include "service/observability/log.h"
#include "service/rest/route.h"
#include "service/runtime/clock.h"

namespace klarna::upstream {

// Whose requests are made. What it refers to outlives them.
struct RequestOrigin {
  absl::string_view account;
  absl::string_view operation;  // Route::label, or "token".
  absl::string_view base_uri;
  config::RequestLogging logging = config::RequestLogging::kOff;
  const rest::Route* route = nullptr;  // Null for a token.
};

// The transport as one call uses it: each request made through it is an attempt
// of that call and, if the account says so, leaves one line in the log, when it
// ends:
//
//   {...,"msg":"upstream request","account":"shop",
//    "klarna_operation":"order_management.get_order","attempt":1,
//    "method":"GET","url":"https://api.klarna.com/...","status":200,
//    "duration_ms":81.5,"correlation_id":"...","response_bytes":4711,
//    "request_headers":{...},"response_headers":{...},"response_body":{...}}
//
// What may be in it is decided by redaction.h and redacted_json.h.
class CallTransport final : public http::HttpTransport {
 public:
  CallTransport(http::HttpTransport& transport, observability::Log& log,
                const runtime::Clock& clock, const RequestOrigin& origin)
      : transport_(transport), log_(log), clock_(clock), origin_(origin) {}

  std::unique_ptr<http::Transfer> Start(http::HttpRequest request,
                                        http::ResponseSink& sink) override;

 private:
  http::HttpTransport& transport_;
  observability::Log& log_;
  const runtime::Clock& clock_;
  const RequestOrigin origin_;
  int attempts_ = 0;
};

}  // namespace klarna::upstream

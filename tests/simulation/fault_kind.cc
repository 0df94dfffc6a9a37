// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/fault_kind.h"

namespace klarna::simulation {
namespace {

using http::TransferError;

FaultKind Unsent(const char* name, TransferError error) {
  return {.name = name, .error = error, .request_sent = false};
}

FaultKind Lost(const char* name, TransferError error, bool executed) {
  return {.name = name, .executed = executed, .error = error};
}

// Klarna may work on a change for nearly a minute.
FaultKind Late(const char* name, TransferError error, int status = 0) {
  return {.name = name,
          .error = error,
          .late = absl::Seconds(50),
          .status = status,
          .body = Body::kEmpty};
}

// Half of the answer comes.
FaultKind Broken(const char* name, TransferError error) {
  return {
      .name = name, .executed = true, .error = error, .body = Body::kCutInTwo};
}

FaultKind Status(const char* name, int status, bool executed = false) {
  return {.name = name,
          .executed = executed,
          .status = status,
          .body = Body::kEmpty};
}

FaultKind Spoilt(const char* name, Body body, bool framed = true) {
  return {.name = name, .executed = true, .body = body, .framed = framed};
}

}  // namespace

const std::vector<FaultKind>& FaultKinds() {
  static const auto* kinds = new std::vector<FaultKind>{
      {.name = "no fault", .executed = true},
      Unsent("the name does not resolve", TransferError::kResolve),
      Unsent("the connection is refused", TransferError::kConnect),
      Unsent("the certificate is wrong", TransferError::kTls),
      Unsent("the connection takes too long", TransferError::kTimeout),
      Unsent("an idle connection is closed before", TransferError::kReset),
      Lost("reset before execution", TransferError::kReset, false),
      Lost("reset after execution", TransferError::kReset, true),
      Late("reset long before execution", TransferError::kReset),
      Late("504 long before execution", TransferError::kNone, 504),
      Late("silence, and execution meanwhile", TransferError::kTimeout),
      Lost("timeout before execution", TransferError::kTimeout, false),
      Lost("timeout after execution", TransferError::kTimeout, true),
      Lost("TLS breaks before execution", TransferError::kTls, false),
      Lost("TLS breaks after execution", TransferError::kTls, true),
      Lost("the answer is cut", TransferError::kTruncated, true),
      Broken("the body is cut", TransferError::kTruncated),
      Broken("reset within the body", TransferError::kReset),
      Broken("silence within the body", TransferError::kTimeout),
      Lost("the answer is not HTTP", TransferError::kMalformed, true),
      Lost("headers without end", TransferError::kHeadersTooLarge, true),
      Lost("a body without end", TransferError::kBodyTooLarge, true),
      Status("400", 400),
      Status("401", 401),
      Status("403", 403),
      Status("404", 404),
      Status("405", 405),
      Status("406", 406),
      Status("408 before execution", 408),
      Status("408 after execution", 408, true),
      Status("409", 409),
      Status("413", 413),
      Status("415", 415),
      Status("422", 422),
      Status("429", 429),
      {.name = "429 with Retry-After",
       .status = 429,
       .body = Body::kEmpty,
       .headers = {{"Retry-After", "2"}}},
      Status("500 before execution", 500),
      Status("500 after execution", 500, true),
      Status("501", 501),
      Status("502 before execution", 502),
      Status("502 after execution", 502, true),
      Status("503 before execution", 503),
      Status("503 after execution", 503, true),
      Status("504 before execution", 504),
      Status("504 after execution", 504, true),
      Status("a redirect before execution", 302),
      Status("a redirect after execution", 307, true),
      Status("205 after execution", 205, true),
      Status("206 after execution", 206, true),
      {.name = "a captive portal's page",
       .status = 200,
       .body = Body::kHtml,
       .headers = {{"Content-Type", "text/html"}}},
      Spoilt("a web page after execution", Body::kHtml),
      {.name = "no body where one is documented",
       .executed = true,
       .body = Body::kEmpty,
       .needs_result = true},
      Spoilt("JSON that ends early", Body::kCutInTwo),
      Spoilt("an unmarked end in the middle", Body::kCutInTwo, false),
      Spoilt("broken UTF-8", Body::kNotUtf8),
      {.name = "JSON of something else",
       .executed = true,
       .body = Body::kOtherJson,
       .needs_result = true},
      {.name = "the last call of a rate limit",
       .executed = true,
       .headers = {{"X-Ratelimit-Remaining", "0"}}},
  };
  return *kinds;
}

}  // namespace klarna::simulation

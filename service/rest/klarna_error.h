// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/http/transport.h"
#include "service/rest/route.h"

namespace klarna::rest {

// An answer that is not a success, as the upstream gave it.
struct ErrorAnswer {
  int http_status = 0;
  const http::Headers& headers;
  absl::string_view body;  // At most kMaxErrorBody bytes are looked at.
  absl::Time came;         // By the wall clock.
};

inline constexpr size_t kMaxErrorBody = 64 << 10;

// Where a failed call came from, for the ErrorInfo's metadata.
struct CallLabel {
  absl::string_view operation;  // Route::label
  absl::string_view domain;     // Route::domain
  absl::string_view account;
};

// Turns upstream errors into statuses. This is the one table that maps Klarna's
// HTTP status and error_code to a gRPC code; see the README for all of it.
//
// The status carries ErrorInfo, KlarnaError, BadRequest where Klarna names
// fields, and RetryInfo where waiting helps. HTML pages, empty bodies and the
// error objects of Spring, Tomcat and envoy end as a clean status by their HTTP
// status alone: nothing of such a body reaches the caller. Thread-safe.
class KlarnaErrorMapper {
 public:
  KlarnaErrorMapper();

  // `answer.http_status` is not 2xx. 3xx, 408 and 5xx are UNAVAILABLE: on a
  // read that is final once the retries are used up, and a change asks for its
  // verdict before it asks for a status.
  absl::Status Map(const CallLabel& call, const ErrorAnswer& answer) const;

 private:
  std::unique_ptr<json::Schema> schema_;
  const json::MessageTable* error_table_;
};

// Whether such a status has an error code of Klarna's. What stands before
// Klarna refuses without one.
bool HasKlarnasCode(const absl::Status& status);

// Klarna's id of the exchange, from the headers. Empty if there is none.
std::string CorrelationId(const http::Headers& headers);

}  // namespace klarna::rest

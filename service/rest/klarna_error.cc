// SPDX-License-Identifier: Apache-2.0
#include "service/rest/klarna_error.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "klarna/gateway/v1/klarna_error.pb.h"
#include "service/json/json_to_wire.h"
#include "service/rest/retry_after.h"
#include "service/rest/status_details.h"

namespace klarna::rest {
namespace {

using ::klarna::gateway::v1::KlarnaError;
using Code = absl::StatusCode;

// A row of the table. Empty `domain` or `error_code` and status 0 match all;
// the first row that matches decides.
struct Row {
  absl::string_view domain;
  int http_status;
  absl::string_view error_code;
  Code code;
  absl::string_view reason;  // The gateway's own; empty: Klarna's error_code.
  absl::string_view fallback_reason;  // When Klarna gave no code.
  absl::string_view hint;
};

constexpr absl::string_view kCredentialsHint =
    "the credentials were rejected. Likely causes: another region's host, a "
    "playground key on a live host or the reverse, a product that the account "
    "does not have, or a path prefix in base_uri";

constexpr Row kTable[] = {
    {"", 401, "", Code::kFailedPrecondition, "UPSTREAM_CREDENTIALS_REJECTED",
     "", kCredentialsHint},
    {"", 403, "UNAUTHORIZED", Code::kFailedPrecondition,
     "UPSTREAM_CREDENTIALS_REJECTED", "", kCredentialsHint},
    {"", 403, "PERMISSION_DENIED", Code::kFailedPrecondition,
     "UPSTREAM_CREDENTIALS_REJECTED", "", kCredentialsHint},
    {"disputes", 403, "OPERATION_FORBIDDEN", Code::kFailedPrecondition,
     "UPSTREAM_CREDENTIALS_REJECTED", "", kCredentialsHint},
    // Order management documents NOT_FOUND under 400 as well as 404.
    {"order_management", 400, "NOT_FOUND", Code::kNotFound, "", "",
     "not found"},
    {"", 400, "", Code::kInvalidArgument, "", "UPSTREAM_BAD_REQUEST",
     "the request was refused"},
    {"", 403, "", Code::kFailedPrecondition, "", "UPSTREAM_FORBIDDEN",
     "the operation was refused"},
    {"", 404, "", Code::kNotFound, "", "UPSTREAM_NOT_FOUND", "not found"},
    {"", 408, "", Code::kUnavailable, "UPSTREAM_FAILED", "", "timed out"},
    {"", 409, "", Code::kFailedPrecondition, "", "UPSTREAM_CONFLICT",
     "the operation conflicts with the present state"},
    {"", 413, "", Code::kInvalidArgument, "REQUEST_TOO_LARGE", "",
     "the request is too large"},
    {"", 429, "", Code::kResourceExhausted, "", "UPSTREAM_RATE_LIMITED",
     "the merchant's rate limit is used up; wait before the next call"},
};

const Row* FindRow(absl::string_view domain, int http_status,
                   absl::string_view error_code) {
  for (const Row& row : kTable) {
    if ((row.domain.empty() || row.domain == domain) &&
        row.http_status == http_status &&
        (row.error_code.empty() || row.error_code == error_code)) {
      return &row;
    }
  }
  return nullptr;
}

Row DefaultRow(int http_status) {
  if (http_status >= 400 && http_status < 500) {
    return {"",
            http_status,
            "",
            Code::kInvalidArgument,
            "",
            "UPSTREAM_REFUSED",
            "the request was refused"};
  }
  return {"",
          http_status,
          "",
          Code::kUnavailable,
          "UPSTREAM_FAILED",
          "",
          http_status < 400 ? "answered with a redirect, which is not followed"
                            : "failed"};
}

// A status has no room for more.
constexpr size_t kMaxViolations = 16;
// A longer error_code is none, and a longer id of an exchange.
constexpr size_t kMaxReason = 64;
constexpr size_t kMaxCorrelationId = 128;

// Fit for a header and a line of a log.
bool IsPlain(absl::string_view text, size_t max_size) {
  return text.size() <= max_size &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isgraph(static_cast<unsigned char>(c));
         });
}

// The field paths of "Bad value: order_lines[0].total_tax_amount, purchase_
// currency": Klarna lists several in one text, not always all.
std::vector<std::string> BadValueFields(absl::string_view message) {
  if (!absl::ConsumePrefix(&message, "Bad value: ")) return {};
  std::vector<std::string> fields;
  for (absl::string_view field :
       absl::StrSplit(message, absl::ByAnyChar(", "), absl::SkipEmpty())) {
    const bool is_path = std::all_of(field.begin(), field.end(), [](char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
             c == '.' || c == '[' || c == ']';
    });
    if (is_path && fields.size() < kMaxViolations) fields.emplace_back(field);
  }
  return fields;
}

void AddFieldViolations(const KlarnaError& error, absl::Status& status) {
  size_t count = 0;
  for (const std::string& message : error.error_messages()) {
    for (const std::string& field : BadValueFields(message)) {
      if (++count > kMaxViolations) return;
      AddFieldViolation(field, "Klarna calls this a bad value", status);
    }
  }
  for (const auto& violation : error.validation_errors()) {
    if (++count > kMaxViolations) return;
    AddFieldViolation(violation.parameter(), violation.reason(), status);
  }
}

// Reads the body as far as it is a Klarna error object; anything else leaves
// the message empty.
KlarnaError ParseError(absl::string_view body,
                       const json::MessageTable& table) {
  KlarnaError error;
  json::DecodedMessage decoded;
  if (body.empty() || body.size() > kMaxErrorBody ||
      !json::DecodeMessage({body.data(), body.size()}, table, decoded).ok() ||
      !error.ParseFromString(decoded.wire)) {
    return KlarnaError();
  }
  for (const json::Unmapped& unmapped : decoded.unmapped) {
    // An object, unlike the other members.
    if (unmapped.pointer == "/authorized_payment_method" ||
        unmapped.pointer == "/authorized_payment_method_v1") {
      error.set_authorized_payment_method(unmapped.json);
    }
  }
  error.clear_truncated();
  return error;
}

bool HasErrorObject(const KlarnaError& error) {
  return !error.error_code().empty() || !error.error_message().empty() ||
         error.error_messages_size() > 0 || !error.failure_reason().empty() ||
         !error.reason_code().empty();
}

std::string ReasonOf(const KlarnaError& error) {
  const std::string& code =
      !error.error_code().empty() ? error.error_code() : error.reason_code();
  return IsPlain(code, kMaxReason) ? code : std::string();
}

// What refuses a call for now says when to come back; a failure only where the
// upstream says it.
void AddRetryDelay(const Row& row, const ErrorAnswer& answer,
                   absl::Status& status) {
  std::optional<absl::Duration> delay;
  if (row.code == Code::kResourceExhausted) {
    delay = RetryDelay(answer.headers, answer.came, absl::Seconds(1));
  } else if (answer.http_status == 503) {
    delay = RetryHint(answer.headers, answer.came);
  }
  if (delay) AddRetryInfo(*delay, status);
}

}  // namespace

KlarnaErrorMapper::KlarnaErrorMapper() {
  auto schema = json::Schema::Compile({KlarnaError::descriptor()});
  if (!schema.ok()) std::abort();  // The message is our own.
  schema_ = *std::move(schema);
  error_table_ = schema_->Find(KlarnaError::descriptor());
}

absl::Status KlarnaErrorMapper::Map(const CallLabel& call,
                                    const ErrorAnswer& answer) const {
  KlarnaError error = ParseError(answer.body, *error_table_);
  const bool has_object = HasErrorObject(error);
  error.set_http_status(answer.http_status);
  if (error.correlation_id().empty() ||
      !IsPlain(error.correlation_id(), kMaxCorrelationId)) {
    error.set_correlation_id(CorrelationId(answer.headers));
  }
  const Row* found =
      FindRow(call.domain, answer.http_status, error.error_code());
  Row row = found ? *found : DefaultRow(answer.http_status);
  if (answer.http_status == 403 && !has_object) {
    row.code = Code::kPermissionDenied;
  }
  const std::string code = ReasonOf(error);
  const std::string message = absl::StrCat(
      "Klarna answered ", call.operation, " with HTTP ", answer.http_status,
      code.empty() ? "" : " ", code, ": ", row.hint);
  const Metadata metadata = {{"http_status", absl::StrCat(answer.http_status)},
                             {"correlation_id", error.correlation_id()},
                             {"operation", std::string(call.operation)},
                             {"account", std::string(call.account)}};
  absl::Status status =
      row.reason.empty() && !code.empty()
          ? KlarnaCodeError(row.code, code, message, metadata)
          : GatewayError(row.code,
                         row.reason.empty() ? row.fallback_reason : row.reason,
                         message, metadata);
  AddDetail(error, status);
  if (row.code == Code::kInvalidArgument) AddFieldViolations(error, status);
  AddRetryDelay(row, answer, status);
  return status;
}

bool HasKlarnasCode(const absl::Status& status) {
  KlarnaError error;
  return GetDetail(status, error) && !error.error_code().empty();
}

std::string CorrelationId(const http::Headers& headers) {
  const absl::string_view id =
      http::FindHeader(headers, "Klarna-Correlation-Id");
  return IsPlain(id, kMaxCorrelationId) ? std::string(id) : std::string();
}

}  // namespace klarna::rest

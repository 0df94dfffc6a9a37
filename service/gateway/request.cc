// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/request.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "klarna/gateway/v1/batch.pb.h"
#include "service/json/check_wire.h"
#include "service/json/wire.h"
#include "service/rest/raw_call.h"
#include "service/rest/read_only.h"
#include "service/rest/status_details.h"

namespace klarna::gateway {
namespace {

absl::Status TooLarge(size_t bytes) {
  return rest::GatewayError(
      absl::StatusCode::kInvalidArgument, "REQUEST_TOO_LARGE",
      absl::StrCat("the request has ", bytes, " bytes; Klarna takes ",
                   kMaxRequestBytes));
}

// Gives the codec's refusal the form that all errors have.
absl::Status Malformed(const absl::Status& status) {
  const bool unknown = status.code() == absl::StatusCode::kUnimplemented;
  return rest::GatewayError(
      status.code(), unknown ? "UNKNOWN_FIELD" : "MALFORMED_REQUEST",
      absl::StrCat(status.message(),
                   unknown ? "; this gateway is older than the caller's protos,"
                             " and ignores nothing"
                           : ""));
}

template <typename Message>
Message Parse(std::string_view bytes) {
  Message message;  // CheckWire has seen the bytes.
  message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  return message;
}

json::Unmapped ParseUnmapped(std::string_view bytes) {
  v1::UnmappedField field = Parse<v1::UnmappedField>(bytes);
  return {.pointer = std::move(*field.mutable_pointer()),
          .json = std::move(*field.mutable_json())};
}

// Takes note of one field of the envelope. False if it is not of it.
bool ReadEnvelopeField(const rest::Envelope& envelope,
                       const json::WireField& field, DecodedRequest& request) {
  const int number = static_cast<int>(field.number);
  if (number == envelope.options) {
    request.options = Parse<v1::CallOptions>(field.bytes);
  } else if (number == envelope.paging) {
    request.paging = Parse<v1::PageOptions>(field.bytes);
  } else if (number == envelope.request_id) {
    request.request_id = field.bytes;
  } else if (number == envelope.first_attempt_at) {
    request.first_attempt_at = Parse<google::protobuf::Timestamp>(field.bytes);
  } else if (number == envelope.request_unmapped) {
    request.unmapped.push_back(ParseUnmapped(field.bytes));
  } else {
    return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<DecodedRequest> DecodeRequest(const rest::Method& method,
                                             std::string_view bytes) {
  if (absl::Status status = json::CheckWire(bytes, *method.request);
      !status.ok()) {
    return Malformed(status);
  }
  DecodedRequest request;
  json::WireReader reader(bytes);
  for (json::WireField field; reader.Next(field);) {
    const int number = static_cast<int>(field.number);
    if (ReadEnvelopeField(method.envelope, field, request)) continue;
    if (number == method.raw_field) {
      request.route = &method.raw;
      request.operation = field.bytes;
    } else if (auto it = method.routes.find(number);
               it != method.routes.end()) {
      request.route = &it->second;
      request.operation = field.bytes;
    }
  }
  if (request.route == nullptr) {
    return rest::InvalidField(
        "operation", "none is set; set the field of the operation to call");
  }
  if (bytes.size() > kMaxRequestBytes && !request.route->multipart) {
    return TooLarge(bytes.size());
  }
  return request;
}

absl::StatusOr<const config::Account*> FindAccount(
    const config::Config& config, const v1::CallOptions& options) {
  if (options.account().empty()) return &config.default_account();
  const config::Account* account = config.FindAccount(options.account());
  if (account == nullptr) {
    return rest::InvalidField("options.account",
                              "no account of this name is configured; leave it "
                              "empty for the default");
  }
  return account;
}

absl::StatusOr<rest::BoundRequest> BindCall(const rest::Method& method,
                                            const DecodedRequest& request,
                                            const config::Account& account) {
  const rest::Route& route = *request.route;
  if (route.result.kind != rest::ResultField::Kind::kRaw) {
    if (absl::Status status = rest::CheckReadOnly(route, request.operation);
        !status.ok()) {
      return status;
    }
    return rest::Bind(route, request.operation, request.unmapped);
  }
  if (!account.raw_calls) {
    return rest::GatewayError(
        absl::StatusCode::kPermissionDenied, "RAW_CALLS_OFF",
        absl::StrCat("the account ", account.name,
                     " does not allow raw calls; its setting raw_calls does"));
  }
  if (!request.unmapped.empty()) {
    return rest::InvalidField("unmapped", "a raw call says all in its payload");
  }
  return rest::BindRaw(method, request.operation);
}

}  // namespace klarna::gateway

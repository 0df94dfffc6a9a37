// SPDX-License-Identifier: Apache-2.0
#include "service/rest/status_details.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "klarna/gateway/v1/klarna_error.pb.h"

namespace klarna::rest {
namespace {

using google::rpc::BadRequest;
using google::rpc::ErrorInfo;
using ::klarna::gateway::v1::KlarnaError;

constexpr size_t kMaxMessage = 512;
constexpr size_t kMaxRpcStatus = 3584;
constexpr size_t kMaxViolationText = 256;

std::string TypeUrl(const google::protobuf::Message& detail) {
  return absl::StrCat("type.googleapis.com/",
                      detail.GetDescriptor()->full_name());
}

absl::Status WithErrorInfo(absl::StatusCode code, absl::string_view domain,
                           absl::string_view reason, absl::string_view message,
                           const Metadata& metadata) {
  absl::Status status(code, message);
  ErrorInfo info;
  info.set_domain(std::string(domain));
  info.set_reason(std::string(reason));
  AddDetail(info, status);
  AddMetadata(reason, metadata, status);
  return status;
}

// Cuts at a character boundary.
std::string CutText(const std::string& text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 &&
         (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) {
    --limit;
  }
  return text.substr(0, limit);
}

void CutTexts(size_t limit, google::protobuf::Message& message) {
  using google::protobuf::FieldDescriptor;
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (field->type() != FieldDescriptor::TYPE_STRING) continue;
    const int count =
        field->is_repeated() ? reflection->FieldSize(message, field) : 0;
    for (int j = 0; j < count; ++j) {
      reflection->SetRepeatedString(
          &message, field, j,
          CutText(reflection->GetRepeatedString(message, field, j), limit));
    }
    if (!field->is_repeated()) {
      reflection->SetString(
          &message, field,
          CutText(reflection->GetString(message, field), limit));
    }
  }
}

// Shortens the texts of a Klarna error until it takes at most `limit` bytes,
// or until only the beginnings of its single texts are left: enough for a code
// and an id.
void CutKlarnaError(size_t limit, KlarnaError& error) {
  for (size_t text_limit : {size_t{512}, size_t{128}, size_t{40}}) {
    if (error.ByteSizeLong() <= limit) return;
    error.set_truncated(true);
    CutTexts(text_limit, error);
  }
  while (error.validation_errors_size() > 0 && error.ByteSizeLong() > limit) {
    error.mutable_validation_errors()->RemoveLast();
  }
  while (error.error_messages_size() > 0 && error.ByteSizeLong() > limit) {
    error.mutable_error_messages()->RemoveLast();
  }
}

void CutBadRequest(size_t limit, BadRequest& detail) {
  while (detail.field_violations_size() > 0 && detail.ByteSizeLong() > limit) {
    detail.mutable_field_violations()->RemoveLast();
  }
}

template <typename Detail, typename Cut>
void CutDetail(Cut cut, google::rpc::Status& status) {
  const size_t size = status.ByteSizeLong();
  if (size <= kMaxRpcStatus) return;
  for (google::protobuf::Any& any : *status.mutable_details()) {
    Detail detail;
    if (!any.Is<Detail>() || !any.UnpackTo(&detail)) continue;
    const size_t excess = size - kMaxRpcStatus;
    const size_t now = detail.ByteSizeLong();
    cut(now > excess ? now - excess : 0, detail);
    any.PackFrom(detail);
  }
}

}  // namespace

void AddDetail(const google::protobuf::Message& detail, absl::Status& status) {
  status.SetPayload(TypeUrl(detail), absl::Cord(detail.SerializeAsString()));
}

bool GetDetail(const absl::Status& status, google::protobuf::Message& detail) {
  auto payload = status.GetPayload(TypeUrl(detail));
  return payload.has_value() && detail.ParseFromString(std::string(*payload));
}

absl::Status GatewayError(absl::StatusCode code, absl::string_view reason,
                          absl::string_view message, const Metadata& metadata) {
  return WithErrorInfo(code, kGatewayDomain, reason, message, metadata);
}

absl::Status KlarnaCodeError(absl::StatusCode code, absl::string_view reason,
                             absl::string_view message,
                             const Metadata& metadata) {
  return WithErrorInfo(code, kKlarnaDomain, reason, message, metadata);
}

absl::Status InvalidField(absl::string_view field, absl::string_view why) {
  absl::Status status =
      GatewayError(absl::StatusCode::kInvalidArgument, "BAD_REQUEST",
                   absl::StrCat(field, ": ", why));
  AddFieldViolation(field, why, status);
  return status;
}

void AddMetadata(absl::string_view reason, const Metadata& metadata,
                 absl::Status& status) {
  ErrorInfo info;
  if (!GetDetail(status, info)) {
    info.set_domain(std::string(kGatewayDomain));
    info.set_reason(std::string(reason));
  }
  for (const auto& [key, value] : metadata) {
    if (!value.empty()) (*info.mutable_metadata())[key] = CutText(value, 128);
  }
  AddDetail(info, status);
}

void AddFieldViolation(absl::string_view field, absl::string_view why,
                       absl::Status& status) {
  BadRequest detail;
  GetDetail(status, detail);
  auto* violation = detail.add_field_violations();
  violation->set_field(CutText(std::string(field), kMaxViolationText));
  violation->set_description(CutText(std::string(why), kMaxViolationText));
  AddDetail(detail, status);
}

void AddRetryInfo(absl::Duration delay, absl::Status& status) {
  google::rpc::RetryInfo info;
  const int64_t millis = absl::ToInt64Milliseconds(delay);
  info.mutable_retry_delay()->set_seconds(millis / 1000);
  info.mutable_retry_delay()->set_nanos(
      static_cast<int32_t>(millis % 1000 * 1000000));
  AddDetail(info, status);
}

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status out;
  out.set_code(static_cast<int>(status.code()));
  out.set_message(CutText(std::string(status.message()), kMaxMessage));
  status.ForEachPayload([&](absl::string_view type, const absl::Cord& payload) {
    google::protobuf::Any* any = out.add_details();
    any->set_type_url(std::string(type));
    any->set_value(std::string(payload));
  });
  // The order of payloads is not defined; a status should read the same twice.
  std::sort(
      out.mutable_details()->begin(), out.mutable_details()->end(),
      [](const auto& a, const auto& b) { return a.type_url() < b.type_url(); });
  CutDetail<KlarnaError>(CutKlarnaError, out);
  CutDetail<BadRequest>(CutBadRequest, out);
  return out;
}

}  // namespace klarna::rest

// SPDX-License-Identifier: Apache-2.0
#include "service/rest/request_binder.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "klarna/gateway/v1/batch.pb.h"
#include "service/json/wire.h"
#include "service/json/wire_to_json.h"
#include "service/rest/multipart.h"
#include "service/rest/percent_encoding.h"
#include "service/rest/status_details.h"

namespace klarna::rest {
namespace {

constexpr size_t kMaxHeaderBytes = 4096;

// What an operation message says for one binding, in wire order.
struct BoundField {
  std::vector<std::string> texts;  // Scalars.
  std::string_view message;        // kMessage.
  bool present = false;
};

std::string ScalarText(const Binding& binding, const json::WireField& field) {
  switch (binding.kind) {
    case Binding::Kind::kInteger:
      return absl::StrCat(static_cast<int64_t>(field.value));
    case Binding::Kind::kBool:
      return field.value != 0 ? "true" : "false";
    default:
      return std::string(field.bytes);
  }
}

// Repeated numbers may come packed: one length-delimited run of varints.
void AppendScalars(const Binding& binding, const json::WireField& field,
                   std::vector<std::string>& texts) {
  const bool packed = binding.kind != Binding::Kind::kString &&
                      field.type == json::WireType::kLengthDelimited;
  if (!packed) {
    texts.push_back(ScalarText(binding, field));
    return;
  }
  const char* p = field.bytes.data();
  const char* end = p + field.bytes.size();
  while (p != nullptr && p < end) {
    json::WireField element;
    p = json::ReadVarint(p, end, element.value);
    if (p != nullptr) texts.push_back(ScalarText(binding, element));
  }
}

std::vector<BoundField> ReadFields(const Route& route,
                                   std::string_view operation) {
  std::vector<BoundField> fields(route.bindings.size());
  json::WireReader reader(operation);
  for (json::WireField field; reader.Next(field);) {
    for (size_t i = 0; i < fields.size(); ++i) {
      const Binding& binding = route.bindings[i];
      if (static_cast<uint32_t>(binding.field) != field.number) continue;
      fields[i].present = true;
      if (binding.kind == Binding::Kind::kMessage) {
        fields[i].message = field.bytes;
      } else {
        AppendScalars(binding, field, fields[i].texts);
      }
    }
  }
  return fields;
}

absl::Status Refuse(const Route& route, absl::string_view field,
                    absl::string_view why) {
  return InvalidField(absl::StrCat(route.operation, ".", field), why);
}

absl::Status BindPath(const Route& route, const std::vector<BoundField>& fields,
                      BoundRequest& request) {
  std::vector<absl::string_view> values;
  for (const std::string& variable : route.path.variables()) {
    for (size_t i = 0; i < fields.size(); ++i) {
      if (route.bindings[i].field_name != variable) continue;
      values.push_back(fields[i].texts.empty() ? absl::string_view()
                                               : fields[i].texts.back());
    }
  }
  absl::StatusOr<std::string> path = route.path.Expand(values);
  if (!path.ok()) {
    const absl::string_view message = path.status().message();
    return Refuse(route, message.substr(0, message.find(' ')), message);
  }
  request.path = *std::move(path);
  return absl::OkStatus();
}

// RFC 9110 allows more, but bytes outside of printable ASCII are read
// differently by different servers.
absl::Status BindHeader(const Route& route, const Binding& binding,
                        std::string value, BoundRequest& request) {
  const bool printable = std::all_of(
      value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (!printable || value.size() > kMaxHeaderBytes) {
    return Refuse(route, binding.field_name,
                  absl::StrCat("becomes the header ", binding.name,
                               " and must be printable ASCII, at most ",
                               kMaxHeaderBytes, " bytes"));
  }
  request.headers.emplace_back(binding.name, std::move(value));
  return absl::OkStatus();
}

absl::Status BindBody(const Route& route, const Binding& binding,
                      const BoundField& field,
                      absl::Span<const json::Unmapped> unmapped,
                      BoundRequest& request) {
  absl::Status status =
      json::Encode(field.message, *binding.table, unmapped, request.body);
  if (!status.ok()) {
    return Refuse(route, binding.field_name, status.message());
  }
  request.headers.emplace_back("Content-Type", route.content_type);
  return absl::OkStatus();
}

Part FilePart(const Binding& binding, std::string_view content) {
  Part part{.name = binding.name};
  part.content_type = "application/octet-stream";
  json::WireReader reader(content);
  for (json::WireField field; reader.Next(field);) {
    const std::string bytes(field.bytes);
    switch (field.number) {
      case gateway::v1::Content::kDataFieldNumber:
        part.data = bytes;
        break;
      case gateway::v1::Content::kContentTypeFieldNumber:
        if (!bytes.empty()) part.content_type = bytes;
        break;
      case gateway::v1::Content::kFilenameFieldNumber:
        part.filename = bytes;
        break;
    }
  }
  return part;
}

absl::Status BindParts(const Route& route,
                       const std::vector<BoundField>& fields,
                       BoundRequest& request) {
  std::vector<Part> parts;
  for (size_t i = 0; i < fields.size(); ++i) {
    const Binding& binding = route.bindings[i];
    if (binding.place != Binding::Place::kPart) continue;
    if (binding.file) parts.push_back(FilePart(binding, fields[i].message));
    for (const std::string& text : fields[i].texts) {
      parts.push_back({.name = binding.name, .data = text});
    }
  }
  absl::StatusOr<MultipartBody> body = EncodeMultipart(parts);
  if (!body.ok()) return body.status();
  request.body = std::move(body->body);
  request.headers.emplace_back("Content-Type", std::move(body->content_type));
  return absl::OkStatus();
}

absl::Status BindField(const Route& route, const Binding& binding,
                       const BoundField& field,
                       absl::Span<const json::Unmapped> unmapped,
                       BoundRequest& request) {
  switch (binding.place) {
    case Binding::Place::kPath:
      return absl::OkStatus();
    case Binding::Place::kBody:
      return BindBody(route, binding, field, unmapped, request);
    case Binding::Place::kPart:
      return absl::OkStatus();  // BindParts
    case Binding::Place::kHeader:
      if (!field.present) return absl::OkStatus();
      if (binding.kind == Binding::Kind::kMessage) {
        std::string json;
        absl::Status status =
            json::Encode(field.message, *binding.table, {}, json);
        if (!status.ok()) {
          return Refuse(route, binding.field_name, status.message());
        }
        return BindHeader(route, binding, std::move(json), request);
      }
      return BindHeader(route, binding, field.texts.back(), request);
    case Binding::Place::kQuery:
      for (const std::string& text : field.texts) {
        request.AddQuery(binding.name, text);
      }
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace

std::string BoundRequest::Target() const {
  return query.empty() ? path : absl::StrCat(path, "?", query);
}

void BoundRequest::AddQuery(absl::string_view name, absl::string_view value) {
  if (!query.empty()) query += '&';
  AppendPercentEncoded(name, query);
  query += '=';
  AppendPercentEncoded(value, query);
}

absl::StatusOr<BoundRequest> Bind(const Route& route,
                                  std::string_view operation,
                                  absl::Span<const json::Unmapped> unmapped) {
  if (!unmapped.empty() && !route.has_body) {
    return InvalidField("unmapped", absl::StrCat(route.operation,
                                                 " has no JSON body that it "
                                                 "could be merged into"));
  }
  const std::vector<BoundField> fields = ReadFields(route, operation);
  BoundRequest request;
  request.method = route.method;
  request.headers.emplace_back("Accept", route.accept);
  if (absl::Status status = BindPath(route, fields, request); !status.ok()) {
    return status;
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    absl::Status status =
        BindField(route, route.bindings[i], fields[i], unmapped, request);
    if (!status.ok()) return status;
  }
  if (route.multipart) {
    absl::Status status = BindParts(route, fields, request);
    if (!status.ok()) return status;
  }
  return request;
}

}  // namespace klarna::rest

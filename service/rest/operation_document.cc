// SPDX-License-Identifier: Apache-2.0
#include "service/rest/operation_document.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/json/pointer.h"
#include "service/json/scanner.h"
#include "service/json/string_literal.h"
#include "service/json/wire.h"
#include "service/json/wire_to_json.h"

namespace klarna::rest {
namespace {

using Place = Binding::Place;

absl::Status Unfit(absl::string_view pointer, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(pointer, ": ", why));
}

const Binding* FindBinding(const Route& route, uint32_t field) {
  for (const Binding& binding : route.bindings) {
    if (static_cast<uint32_t>(binding.field) == field) return &binding;
  }
  return nullptr;
}

const Binding* BodyOf(const Route& route) {
  for (const Binding& binding : route.bindings) {
    if (binding.place == Place::kBody) return &binding;
  }
  return nullptr;
}

// The fields of an operation message that go to `place`.
std::string FieldsAt(Place place, const Route& route,
                     std::string_view operation) {
  std::string fields;
  json::WireReader reader(operation);
  for (json::WireField field; reader.Next(field);) {
    const Binding* binding = FindBinding(route, field.number);
    if (binding != nullptr && binding->place == place) fields += field.raw;
  }
  return fields;
}

// The JSON texts of a document's members; empty where one is missing.
struct Members {
  std::string_view operation;
  std::string_view path;
  std::string_view query;
  std::string_view payload;

  std::string_view* Find(std::string_view name) {
    if (name == "operation") return &operation;
    if (name == "path") return &path;
    if (name == "query") return &query;
    return name == "payload" ? &payload : nullptr;
  }
};

absl::StatusOr<Members> Split(std::string_view document) {
  if (absl::Status status = json::CheckJson(document); !status.ok()) {
    return status;
  }
  json::Scanner scanner(document);
  const char* p = scanner.Start();
  if (*p != '{') return Unfit("", "the result is not an object");
  Members members;
  p = scanner.SkipSpace(p + 1);
  while (*p != '}') {
    json::Scanner::Key key;
    p = scanner.ReadKey(p, key);
    std::string_view* member = members.Find(key.text);
    if (member == nullptr) {
      return Unfit("",
                   "the result has other members than operation, path, "
                   "query and payload");
    }
    const char* const end = scanner.SkipValue(p, 1);
    *member = {p, static_cast<size_t>(end - p)};
    p = scanner.NextItem(end, '}');
  }
  for (const char* name : {"operation", "path", "query", "payload"}) {
    if (members.Find(name)->empty()) {
      return Unfit(absl::StrCat("/", name),
                   "is missing; a result has the members of the input");
    }
  }
  return members;
}

absl::Status ReadParameters(Place place, absl::string_view name,
                            std::string_view json, const Route& route,
                            std::string& wire) {
  const std::string root = absl::StrCat("/", name);
  json::DecodedMessage decoded;
  absl::Status status = json::DecodeMessage(json, *route.table, decoded);
  if (!status.ok()) return status;
  if (!decoded.unmapped.empty()) {
    return Unfit(root + decoded.unmapped.front().pointer,
                 absl::StrCat("is no ", name, " parameter of ", route.operation,
                              ", or of another type"));
  }
  json::WireReader reader(decoded.wire);
  for (json::WireField field; reader.Next(field);) {
    const Binding* binding = FindBinding(route, field.number);
    if (binding != nullptr && binding->place == place) continue;
    return Unfit(root, absl::StrCat("holds what is no ", name, " parameter of ",
                                    route.operation));
  }
  wire += decoded.wire;
  return absl::OkStatus();
}

// The field that a pointer leads to, or to an element of which. Null when one
// on the way is not known.
const json::Field* FindField(const json::MessageTable* table,
                             std::string_view pointer) {
  const json::Field* field = nullptr;
  json::PointerReader reader(pointer);
  for (std::string token; reader.Next(token);) {
    field = table == nullptr ? nullptr : table->FindByJsonName(token);
    if (field == nullptr) return nullptr;
    if (field->repeated) reader.Next(token);  // The index, if there is one.
    table = field->message;
  }
  return field;
}

absl::string_view TypeOf(const json::Field& field) {
  if (field.repeated) return "a list of values of its type";
  switch (field.kind) {
    case json::Kind::kInt64:
    case json::Kind::kInt32:
      return "a whole number";
    case json::Kind::kNumberText:
      return "a number";
    case json::Kind::kBool:
      return "true or false";
    case json::Kind::kMessage:
      return "an object";
    default:
      return "a string";
  }
}

// What has no place in the typed message is sent all the same if Klarna may
// know it; a wrong type is a mistake of the program.
absl::Status CheckUnmapped(const json::MessageTable& table,
                           const std::vector<json::Unmapped>& unmapped) {
  for (const json::Unmapped& entry : unmapped) {
    const std::string pointer = absl::StrCat("/payload", entry.pointer);
    if (entry.pointer.empty()) return Unfit(pointer, "is not an object");
    if (entry.json == "null" || entry.json == "[]") continue;
    const json::Field* field = FindField(&table, entry.pointer);
    if (field == nullptr) continue;
    return Unfit(pointer, absl::StrCat("is not ", TypeOf(*field)));
  }
  return absl::OkStatus();
}

absl::Status ReadPayload(std::string_view json, const Route& route,
                         Operation& operation) {
  const Binding* body = BodyOf(route);
  if (body == nullptr) {
    return json == "null"
               ? absl::OkStatus()
               : Unfit("/payload",
                       absl::StrCat("must stay null: ", route.operation,
                                    " has no JSON body"));
  }
  json::DecodedMessage decoded;
  absl::Status status = json::DecodeMessage(json, *body->table, decoded);
  if (!status.ok()) return status;
  status = CheckUnmapped(*body->table, decoded.unmapped);
  if (!status.ok()) return status;
  json::AppendLengthDelimited(static_cast<uint32_t>(body->field), decoded.wire,
                              operation.wire);
  operation.unmapped = std::move(decoded.unmapped);
  return absl::OkStatus();
}

// The body as Bind makes it.
absl::Status WritePayload(const Route& route, std::string_view operation,
                          absl::Span<const json::Unmapped> unmapped,
                          std::string& document) {
  const Binding* body = BodyOf(route);
  if (body == nullptr) {
    document += "null";
    return absl::OkStatus();
  }
  std::string_view message;
  json::WireReader reader(operation);
  for (json::WireField field; reader.Next(field);) {
    if (field.number == static_cast<uint32_t>(body->field)) {
      message = field.bytes;
    }
  }
  return json::Encode(message, *body->table, unmapped, document);
}

}  // namespace

bool HasDocument(const Route& route) {
  return !route.multipart && route.result.kind != ResultField::Kind::kRaw;
}

absl::StatusOr<std::string> WriteDocument(
    const Route& route, std::string_view operation,
    absl::Span<const json::Unmapped> unmapped) {
  std::string document =
      absl::StrCat("{\"operation\":\"", route.label, "\",\"path\":");
  absl::Status status = json::Encode(FieldsAt(Place::kPath, route, operation),
                                     *route.table, {}, document);
  if (!status.ok()) return status;
  document += ",\"query\":";
  status = json::Encode(FieldsAt(Place::kQuery, route, operation), *route.table,
                        {}, document);
  if (!status.ok()) return status;
  document += ",\"payload\":";
  status = WritePayload(route, operation, unmapped, document);
  if (!status.ok()) return status;
  document += "}";
  return document;
}

absl::StatusOr<Operation> ReadDocument(const Route& route,
                                       std::string_view operation,
                                       std::string_view document) {
  absl::StatusOr<Members> members = Split(document);
  if (!members.ok()) return members.status();
  if (members->operation != absl::StrCat("\"", route.label, "\"")) {
    return Unfit("/operation", "cannot be changed");
  }
  Operation result;
  result.wire = FieldsAt(Place::kHeader, route, operation);
  absl::Status status =
      ReadParameters(Place::kPath, "path", members->path, route, result.wire);
  if (!status.ok()) return status;
  status = ReadParameters(Place::kQuery, "query", members->query, route,
                          result.wire);
  if (!status.ok()) return status;
  status = ReadPayload(members->payload, route, result);
  if (!status.ok()) return status;
  return result;
}

}  // namespace klarna::rest

// SPDX-License-Identifier: Apache-2.0
#include "tests/lossless/replay.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "service/json/check_wire.h"
#include "service/json/json_to_wire.h"
#include "service/json/wire.h"
#include "service/json/wire_to_json.h"
#include "service/rest/read_only.h"
#include "tests/lossless/placement.h"
#include "tests/lossless/read_only.h"
#include "tests/service/json/canonical_json.h"

namespace klarna::lossless {
namespace {

using google::protobuf::Descriptor;

absl::Status Compare(std::string_view original, std::string_view rebuilt) {
  const auto expected = json::CanonicalJson(original);
  const auto actual = json::CanonicalJson(rebuilt);
  if (expected.has_value() && expected == actual) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("came  ", std::string(original),
                                          "\nleft  ", std::string(rebuilt)));
}

absl::Status Misplaced(const json::Unmapped& entry) {
  return absl::DataLossError(
      absl::StrCat("unmapped though it has a place: entity ", entry.entity, " ",
                   entry.pointer, " = ", entry.json));
}

absl::Status CheckPlacement(const Descriptor& message,
                            const std::vector<json::Unmapped>& unmapped) {
  for (const json::Unmapped& entry : unmapped) {
    if (HasPlace(message, entry.pointer, entry.json)) return Misplaced(entry);
  }
  return absl::OkStatus();
}

absl::Status CheckPagePlacement(const Descriptor& wrapper,
                                const rest::ListPaging& paging,
                                const std::vector<json::Unmapped>& unmapped) {
  const Descriptor& item =
      *wrapper.FindFieldByNumber(paging.items_field)->message_type();
  for (const json::Unmapped& entry : unmapped) {
    bool misplaced =
        HasPlace(entry.entity < 0 ? wrapper : item, entry.pointer, entry.json);
    // A document that should be an array but is none, or an empty one.
    if (entry.entity < 0 && paging.top_level_array) {
      misplaced = entry.json[0] == '[' && entry.json != "[]";
    }
    if (misplaced) return Misplaced(entry);
  }
  return absl::OkStatus();
}

absl::Status ReplayEntity(const Operation& operation,
                          const rest::ResultField& result,
                          std::string_view json) {
  json::DecodedMessage decoded;
  absl::Status status = json::DecodeMessage(json, *result.table, decoded);
  if (!status.ok()) return status;
  status = json::CheckWire(decoded.wire, *result.table);
  if (!status.ok()) return status;
  status = CheckPlacement(*operation.ResultMessage(result), decoded.unmapped);
  if (!status.ok()) return status;
  std::string rebuilt;
  status = json::Encode(decoded.wire, *result.table, decoded.unmapped, rebuilt);
  return status.ok() ? Compare(json, rebuilt) : status;
}

absl::Status ReplayPage(const Operation& operation,
                        const rest::ResultField& result,
                        std::string_view json) {
  const rest::ListPaging& paging = operation.route->paging;
  json::DecodedPage page;
  absl::Status status = json::DecodePage(
      json, *result.table, paging.items_field, paging.top_level_array, page);
  if (!status.ok()) return status;
  status = json::CheckWire(page.items + page.rest, *result.table);
  if (!status.ok()) return status;
  status = CheckPagePlacement(*operation.ResultMessage(result), paging,
                              page.unmapped);
  if (!status.ok()) return status;
  std::string rebuilt;
  status = json::EncodePage(page, *result.table, paging.items_field,
                            paging.top_level_array, rebuilt);
  return status.ok() ? Compare(json, rebuilt) : status;
}

}  // namespace

absl::Status ReplayAnswer(const Operation& operation,
                          const rest::ResultField& result,
                          std::string_view json) {
  return result.kind == rest::ResultField::Kind::kList
             ? ReplayPage(operation, result, json)
             : ReplayEntity(operation, result, json);
}

absl::StatusOr<rest::BoundRequest> ReplayRequest(const Operation& operation,
                                                 std::string fields,
                                                 std::string_view json) {
  const rest::Binding& body = *operation.Body();
  json::DecodedMessage decoded;
  absl::Status status = json::DecodeMessage(json, *body.table, decoded);
  if (!status.ok()) return status;
  status = CheckPlacement(*operation.BodyMessage(), decoded.unmapped);
  if (!status.ok()) return status;
  status = MoveReadOnlyToUnmapped(*body.table, decoded);
  if (!status.ok()) return status;
  json::AppendLengthDelimited(static_cast<uint32_t>(body.field), decoded.wire,
                              fields);
  status = json::CheckWire(fields, *operation.route->table);
  if (!status.ok()) return status;
  status = rest::CheckReadOnly(*operation.route, fields);
  if (!status.ok()) return status;
  absl::StatusOr<rest::BoundRequest> bound =
      rest::Bind(*operation.route, fields, decoded.unmapped);
  if (!bound.ok()) return bound;
  status = Compare(json, bound->body);
  if (!status.ok()) return status;
  return bound;
}

}  // namespace klarna::lossless

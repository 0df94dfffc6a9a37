// SPDX-License-Identifier: Apache-2.0
#include "service/json/check_wire.h"

#include <cstdint>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "service/json/field_set.h"
#include "service/json/utf8.h"
#include "service/json/wire.h"

namespace klarna::json {
namespace {

absl::Status Refuse(const MessageTable& table, const Field& field,
                    const std::string& why) {
  return absl::InvalidArgumentError(
      absl::StrCat(table.full_name(), ".", field.proto_name, ": ", why));
}

bool IsInt32(uint64_t value) {
  const auto number = static_cast<int64_t>(value);
  return number >= std::numeric_limits<int32_t>::min() &&
         number <= std::numeric_limits<int32_t>::max();
}

absl::Status CheckNumber(uint64_t value, const MessageTable& table,
                         const Field& field) {
  switch (field.kind) {
    case Kind::kBool:
      if (value > 1) return Refuse(table, field, "a bool is 0 or 1");
      break;
    case Kind::kInt32:
    case Kind::kEnum:
      if (!IsInt32(value)) return Refuse(table, field, "out of int32 range");
      break;
    default:
      break;
  }
  return absl::OkStatus();
}

absl::Status CheckPacked(std::string_view run, const MessageTable& table,
                         const Field& field) {
  const char* p = run.data();
  const char* const end = p + run.size();
  while (p < end) {
    uint64_t value = 0;
    p = ReadVarint(p, end, value);
    if (p == nullptr) return Refuse(table, field, "truncated packed list");
    absl::Status status = CheckNumber(value, table, field);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckMessage(std::string_view wire, const MessageTable& table,
                          int depth);

absl::Status CheckValue(const WireField& value, const MessageTable& table,
                        const Field& field, int depth) {
  if (value.type == WireType::kVarint && field.packable()) {
    return CheckNumber(value.value, table, field);
  }
  const bool may_be_bytes = !field.packable() || field.repeated;
  if (value.type != WireType::kLengthDelimited || !may_be_bytes) {
    return Refuse(table, field,
                  absl::StrCat("wire type ", static_cast<int>(value.type),
                               " does not fit its type"));
  }
  if (field.packable()) return CheckPacked(value.bytes, table, field);
  switch (field.kind) {
    case Kind::kMessage:
      if (depth == kMaxDepth) {
        return Refuse(table, field, "messages nested too deep");
      }
      return CheckMessage(value.bytes, *field.message, depth + 1);
    case Kind::kString:
    case Kind::kNumberText:
      if (!IsUtf8(value.bytes)) return Refuse(table, field, "not UTF-8");
      break;
    default:
      break;
  }
  return absl::OkStatus();
}

absl::Status CheckMessage(std::string_view wire, const MessageTable& table,
                          int depth) {
  FieldSet seen;
  FieldSet seen_oneofs;
  WireReader reader(wire);
  for (WireField value; reader.Next(value);) {
    const Field* field = table.FindByNumber(value.number);
    if (field == nullptr) {
      return absl::UnimplementedError(absl::StrCat(
          table.full_name(), ": field number ", value.number,
          " is not known to this gateway; leave it out or upgrade"));
    }
    if (!field->repeated && !seen.Add(field->index)) {
      return Refuse(table, *field, "set twice");
    }
    if (field->oneof >= 0 &&
        !seen_oneofs.Add(static_cast<size_t>(field->oneof))) {
      return Refuse(table, *field, "another field of its oneof is set, too");
    }
    absl::Status status = CheckValue(value, table, *field, depth);
    if (!status.ok()) return status;
  }
  if (!reader.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        table.full_name(), ": malformed or truncated Protobuf bytes"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckWire(std::string_view wire, const MessageTable& table) {
  return CheckMessage(wire, table, 1);
}

}  // namespace klarna::json

// SPDX-License-Identifier: Apache-2.0
#include "tests/lossless/read_only.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/json/pointer.h"
#include "service/json/wire.h"
#include "service/json/wire_to_json.h"

namespace klarna::lossless {
namespace {

void Append(const json::WireField& value, std::string& wire) {
  if (value.type == json::WireType::kVarint) {
    json::AppendVarintField(value.number, value.value, wire);
  } else {
    json::AppendLengthDelimited(value.number, value.bytes, wire);
  }
}

class Mover {
 public:
  explicit Mover(std::vector<json::Unmapped>& unmapped) : unmapped_(unmapped) {}

  // The message at `pointer` without its read-only fields.
  absl::StatusOr<std::string> Strip(std::string_view wire,
                                    const json::MessageTable& table,
                                    const std::string& pointer) {
    std::string kept;
    std::map<const json::Field*, std::string> taken;
    json::WireReader reader(wire);
    for (json::WireField value; reader.Next(value);) {
      const json::Field& field = *table.FindByNumber(value.number);
      if (field.read_only) {
        Append(value, taken[&field]);
      } else if (field.message != nullptr && field.message->has_read_only()) {
        if (field.repeated) return absl::UnimplementedError(field.proto_name);
        auto inner = Strip(value.bytes, *field.message, At(pointer, field));
        if (!inner.ok()) return inner;
        json::AppendLengthDelimited(value.number, *inner, kept);
      } else {
        Append(value, kept);
      }
    }
    for (const auto& [field, fields] : taken) {
      absl::Status status = Move(*field, fields, table, pointer);
      if (!status.ok()) return status;
    }
    return kept;
  }

 private:
  static std::string At(std::string pointer, const json::Field& field) {
    json::AppendPointerToken(field.json_name, pointer);
    return pointer;
  }

  absl::Status Move(const json::Field& field, const std::string& fields,
                    const json::MessageTable& table,
                    const std::string& parent) {
    const std::string pointer = At(parent, field);
    std::vector<json::Unmapped> below;
    std::erase_if(unmapped_, [&](const json::Unmapped& entry) {
      if (!absl::StartsWith(entry.pointer, pointer + "/")) return false;
      below.push_back(
          {.pointer = entry.pointer.substr(parent.size()), .json = entry.json});
      return true;
    });
    std::string json;
    absl::Status status = json::Encode(fields, table, below, json);
    if (!status.ok()) return status;
    // {"name":value}
    const size_t name = field.member_size + 1;
    unmapped_.push_back({.pointer = pointer,
                         .json = json.substr(name, json.size() - name - 1)});
    return absl::OkStatus();
  }

  std::vector<json::Unmapped>& unmapped_;
};

}  // namespace

absl::Status MoveReadOnlyToUnmapped(const json::MessageTable& table,
                                    json::DecodedMessage& message) {
  auto wire = Mover(message.unmapped).Strip(message.wire, table, "");
  if (!wire.ok()) return wire.status();
  message.wire = *std::move(wire);
  return absl::OkStatus();
}

}  // namespace klarna::lossless

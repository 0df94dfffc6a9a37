// SPDX-License-Identifier: Apache-2.0
#include "service/json/schema.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "klarna/rest/v1/rest.pb.h"
#include "service/json/wire.h"

namespace klarna::json {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;

constexpr int kMaxFieldNumber = 4095;
constexpr size_t kStep = 16;

std::array<char, 8> TagBytes(uint32_t number, WireType type) {
  std::array<char, 8> tag = {};
  WriteVarint(uint64_t{number} << 3 | static_cast<uint64_t>(type), tag.data());
  return tag;
}

absl::StatusOr<Kind> KindOf(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_STRING:
      return field.options().GetExtension(klarna::rest::v1::number_text)
                 ? Kind::kNumberText
                 : Kind::kString;
    case FieldDescriptor::TYPE_INT64:
      return Kind::kInt64;
    case FieldDescriptor::TYPE_INT32:
      return Kind::kInt32;
    case FieldDescriptor::TYPE_BOOL:
      return Kind::kBool;
    case FieldDescriptor::TYPE_MESSAGE:
      if (!field.is_map()) return Kind::kMessage;
      break;
    case FieldDescriptor::TYPE_BYTES:
      return Kind::kBytes;
    case FieldDescriptor::TYPE_ENUM:
      return Kind::kEnum;
    default:
      break;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      field.full_name(), ": the JSON codec has no ",
      field.is_map() ? "map" : field.type_name(),
      " fields; use string, int64, int32, bool, a message or bytes"));
}

absl::Status CheckField(const FieldDescriptor& field,
                        const std::string& json_name) {
  const auto refuse = [&](auto... why) {
    return absl::InvalidArgumentError(
        absl::StrCat(field.full_name(), ": ", why...));
  };
  if (field.number() > kMaxFieldNumber) {
    return refuse("field number ", field.number(), " is above ",
                  kMaxFieldNumber);
  }
  if (field.is_required()) return refuse("required fields are not handled");
  // Written and compared as they are, so they must not need escapes.
  for (const char c : json_name) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c)) || c == '"' ||
        c == '\\') {
      return refuse("a JSON name must be printable ASCII without \" and \\");
    }
  }
  return absl::OkStatus();
}

void SetMemberText(Field& field) {
  field.member_text = absl::StrCat("\"", field.json_name, "\":");
  field.member_size = static_cast<uint32_t>(field.member_text.size());
  field.member_text.resize((field.member_size + kStep - 1) / kStep * kStep);
  const uint32_t tail = (field.member_size - 1) % kStep + 1;
  field.member_tail_mask = (1u << tail) - 1;
}

}  // namespace

// Fills the tables of one Schema.
class SchemaCompiler {
 public:
  explicit SchemaCompiler(Schema& schema) : schema_(schema) {}

  absl::Status Compile(absl::Span<const Descriptor* const> roots) {
    for (const Descriptor* root : roots) TableOf(root);
    while (!pending_.empty()) {
      const Descriptor* message = pending_.back();
      pending_.pop_back();
      if (absl::Status status = Fill(*message); !status.ok()) return status;
    }
    FindObstacles();
    SpreadReadOnly();
    return absl::OkStatus();
  }

 private:
  MessageTable* TableOf(const Descriptor* message) {
    std::unique_ptr<MessageTable>& table = schema_.tables_[message];
    if (table == nullptr) {
      table = std::make_unique<MessageTable>();
      pending_.push_back(message);
    }
    return table.get();
  }

  absl::Status Fill(const Descriptor& message) {
    MessageTable& table = *TableOf(&message);
    table.full_name_ = message.full_name();
    const auto count = static_cast<size_t>(message.field_count());
    if (count > kMaxFields) {
      return absl::InvalidArgumentError(
          absl::StrCat(message.full_name(), ": more than ", kMaxFields,
                       " fields; split the message"));
    }
    table.fields_.resize(count);
    for (size_t i = 0; i < count; ++i) {
      Field& field = table.fields_[i];
      field.index = static_cast<uint16_t>(i);
      field.next = &table.fields_[(i + 1) % count];
      absl::Status status =
          FillField(*message.field(static_cast<int>(i)), field);
      if (!status.ok()) return status;
    }
    IndexNumbers(table);
    return IndexNames(table);
  }

  absl::Status FillField(const FieldDescriptor& descriptor, Field& field) {
    field.json_name =
        descriptor.has_json_name() ? descriptor.json_name() : descriptor.name();
    absl::Status status = CheckField(descriptor, field.json_name);
    if (!status.ok()) return status;
    absl::StatusOr<Kind> kind = KindOf(descriptor);
    if (!kind.ok()) return kind.status();
    field.kind = *kind;
    field.proto_name = descriptor.name();
    field.number = static_cast<uint32_t>(descriptor.number());
    field.repeated = descriptor.is_repeated();
    field.sensitive =
        descriptor.options().GetExtension(klarna::rest::v1::sensitive);
    field.read_only =
        descriptor.options().GetExtension(klarna::rest::v1::read_only);
    if (const auto* oneof = descriptor.real_containing_oneof()) {
      field.oneof = static_cast<int16_t>(oneof->index());
    }
    if (field.kind == Kind::kMessage) {
      field.message = TableOf(descriptor.message_type());
    }
    const WireType type =
        field.packable() ? WireType::kVarint : WireType::kLengthDelimited;
    field.tag = TagBytes(field.number, type);
    field.packed_tag = TagBytes(field.number, WireType::kLengthDelimited);
    field.tag_size = static_cast<uint8_t>(VarintSize(field.number << 3));
    SetMemberText(field);
    return absl::OkStatus();
  }

  static void IndexNumbers(MessageTable& table) {
    for (const Field& field : table.fields_) {
      if (field.number >= table.by_number_.size()) {
        table.by_number_.resize(field.number + 1, MessageTable::kNone);
      }
      table.by_number_[field.number] = field.index;
    }
  }

  static absl::Status IndexNames(MessageTable& table) {
    size_t slots = 4;
    while (slots < 2 * table.fields_.size()) slots *= 2;
    table.by_name_.assign(slots, MessageTable::kNone);
    table.name_mask_ = slots - 1;
    for (const Field& field : table.fields_) {
      if (table.FindByJsonName(field.json_name) != nullptr) {
        return absl::InvalidArgumentError(
            absl::StrCat(table.full_name_, ": two fields have the JSON name ",
                         field.json_name));
      }
      size_t slot = MessageTable::Hash(field.json_name) & table.name_mask_;
      while (table.by_name_[slot] != MessageTable::kNone) {
        slot = (slot + 1) & table.name_mask_;
      }
      table.by_name_[slot] = field.index;
    }
    return absl::OkStatus();
  }

  // Spreads what has no JSON form from each message to those that contain it.
  void FindObstacles() {
    for (bool changed = true; changed;) {
      changed = false;
      for (auto& [descriptor, table] : schema_.tables_) {
        if (!table->json_obstacle_.empty()) continue;
        table->json_obstacle_ = ObstacleOf(*table);
        changed |= !table->json_obstacle_.empty();
      }
    }
  }

  // Spreads has_read_only from each message to those that contain it.
  void SpreadReadOnly() {
    for (bool changed = true; changed;) {
      changed = false;
      for (auto& [descriptor, table] : schema_.tables_) {
        if (table->has_read_only_) continue;
        table->has_read_only_ = HasReadOnly(*table);
        changed |= table->has_read_only_;
      }
    }
  }

  static bool HasReadOnly(const MessageTable& table) {
    return std::any_of(
        table.fields_.begin(), table.fields_.end(), [](const Field& field) {
          return field.read_only ||
                 (field.message != nullptr && field.message->has_read_only_);
        });
  }

  static std::string ObstacleOf(const MessageTable& table) {
    for (const Field& field : table.fields_) {
      const char* what = field.kind == Kind::kBytes  ? "bytes"
                         : field.kind == Kind::kEnum ? "an enum"
                         : field.oneof >= 0          ? "part of a oneof"
                                                     : nullptr;
      if (what != nullptr) {
        return absl::StrCat(table.full_name_, ".", field.proto_name, " is ",
                            what);
      }
      if (field.message != nullptr && !field.message->json_obstacle_.empty()) {
        return field.message->json_obstacle_;
      }
    }
    return "";
  }

  Schema& schema_;
  std::vector<const Descriptor*> pending_;
};

size_t MessageTable::Hash(std::string_view name) {
  uint64_t head = 0;
  uint64_t tail = 0;
  const size_t n = std::min(name.size(), sizeof(head));
  if (n > 0) {
    std::memcpy(&head, name.data(), n);
    std::memcpy(&tail, name.data() + name.size() - n, n);
  }
  const uint64_t mixed =
      (head * 0x9e3779b97f4a7c15u ^ tail ^ name.size()) * 0xff51afd7ed558ccdu;
  return static_cast<size_t>(mixed >> 32);
}

absl::StatusOr<std::unique_ptr<Schema>> Schema::Compile(
    absl::Span<const Descriptor* const> roots) {
  std::unique_ptr<Schema> schema(new Schema());
  absl::Status status = SchemaCompiler(*schema).Compile(roots);
  if (!status.ok()) return status;
  return schema;
}

const MessageTable* Schema::Find(const Descriptor* message) const {
  const auto it = tables_.find(message);
  return it == tables_.end() ? nullptr : it->second.get();
}

}  // namespace klarna::json

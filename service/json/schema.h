// SPDX-License-Identifier: Apache-2.0
//
// A Schema is what the codec knows of the protos: one table per message,
// compiled from the descriptors at start. No generated message class is used.
//
//   ASSIGN_OR_RETURN(auto schema,
//   Schema::Compile({ListPayouts::descriptor()})); const MessageTable* table =
//   schema->Find(Payout::descriptor());
//
// The JSON name of a field is its explicit json_name where the .proto gives
// one, else the field's own name. Immutable after Compile: any number of
// threads may read it. The descriptors must outlive it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
}  // namespace google::protobuf

namespace klarna::json {

class MessageTable;

// Most fields that a message may have.
inline constexpr size_t kMaxFields = 256;
// Deepest nesting of objects and arrays in JSON, and of messages on the wire.
inline constexpr int kMaxDepth = 32;

enum class Kind : uint8_t {
  kString,
  kNumberText,  // a string that holds the text of a JSON number
  kInt64,
  kInt32,
  kBool,
  kMessage,
  kBytes,  // on the wire only: has no JSON form
  kEnum,   // on the wire only: has no JSON form
};

struct Field {
  std::string json_name;
  // `"json_name":`, padded with zeros to a multiple of 16 bytes, so that it is
  // compared and copied in wide steps; and which bytes of the last step count.
  std::string member_text;
  uint32_t member_size = 0;
  uint32_t member_tail_mask = 0;

  std::string proto_name;
  uint32_t number = 0;
  uint16_t index = 0;  // in MessageTable::fields()
  Kind kind = Kind::kString;
  bool repeated = false;
  // Must not be logged; see klarna.rest.v1.sensitive.
  bool sensitive = false;
  // Klarna's to set; see klarna.rest.v1.read_only.
  bool read_only = false;
  // The tag as it stands before one value (a varint of tag_size bytes), and
  // before a packed list of them.
  std::array<char, 8> tag = {};
  std::array<char, 8> packed_tag = {};
  uint8_t tag_size = 0;
  // Which oneof of the message it belongs to, -1: none.
  int16_t oneof = -1;
  // The field that is expected after this one in JSON.
  const Field* next = nullptr;
  // Of kMessage.
  const MessageTable* message = nullptr;

  // True for numbers: a list of them may stand on the wire as one packed run.
  bool packable() const {
    return kind == Kind::kInt64 || kind == Kind::kInt32 ||
           kind == Kind::kBool || kind == Kind::kEnum;
  }
};

// The fields of one message.
class MessageTable {
 public:
  const std::string& full_name() const { return full_name_; }
  absl::Span<const Field> fields() const { return fields_; }
  // nullptr when the message has no fields.
  const Field* first() const { return fields_.empty() ? nullptr : &fields_[0]; }

  // nullptr when the message has no such field.
  const Field* FindByNumber(uint32_t number) const {
    if (number >= by_number_.size() || by_number_[number] == kNone) {
      return nullptr;
    }
    return &fields_[by_number_[number]];
  }
  const Field* FindByJsonName(std::string_view name) const {
    for (size_t slot = Hash(name) & name_mask_;;
         slot = (slot + 1) & name_mask_) {
      if (by_name_[slot] == kNone) return nullptr;
      const Field& field = fields_[by_name_[slot]];
      if (field.json_name == name) return &field;
    }
  }

  // The first field, here or in a message below, that keeps this message from
  // having a JSON form (bytes, an enum, a oneof). Empty when it has one.
  const std::string& json_obstacle() const { return json_obstacle_; }

  // Whether a field here, or in a message below, is read-only.
  bool has_read_only() const { return has_read_only_; }

 private:
  friend class SchemaCompiler;
  static constexpr uint16_t kNone = 0xffff;

  static size_t Hash(std::string_view name);

  std::string full_name_;
  std::vector<Field> fields_;        // in the order of the .proto
  std::vector<uint16_t> by_number_;  // number -> index in fields_
  std::vector<uint16_t> by_name_;    // hash table of indices, never full
  size_t name_mask_ = 0;
  std::string json_obstacle_;
  bool has_read_only_ = false;
};

// The tables of all messages that the roots reach.
class Schema {
 public:
  // INVALID_ARGUMENT with the message's and the field's name where a field is
  // of a kind that the codec does not handle (a map, a group, floating point,
  // unsigned, zigzag or fixed-size integers, required), its number is above
  // 4,095, its JSON name would need escapes or is another field's, or the
  // message has more than kMaxFields.
  static absl::StatusOr<std::unique_ptr<Schema>> Compile(
      absl::Span<const google::protobuf::Descriptor* const> roots);

  // nullptr when no root reaches the message.
  const MessageTable* Find(const google::protobuf::Descriptor* message) const;

 private:
  friend class SchemaCompiler;
  Schema() = default;

  absl::flat_hash_map<const google::protobuf::Descriptor*,
                      std::unique_ptr<MessageTable>>
      tables_;
};

}  // namespace klarna::json

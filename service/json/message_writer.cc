// SPDX-License-Identifier: Apache-2.0
#include "service/json/message_writer.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "service/json/field_set.h"
#include "service/json/scanner.h"
#include "service/json/string_literal.h"
#include "service/json/wide.h"

namespace klarna::json {
namespace {

using Result = MessageWriter::Result;

bool IsEmptyRun(const WireField& value, const Field& field) {
  return field.packable() && value.type == WireType::kLengthDelimited &&
         value.bytes.empty();
}

bool IsNumberText(std::string_view text) {
  if (text.empty()) return false;
  Scanner scanner(text);
  return scanner.SkipNumber(text.data()) == scanner.end();
}

}  // namespace

inline void MessageWriter::WriteName(const Field& field) {
  const std::string& text = field.member_text;
  char* const to = out_.Reserve(text.size());
  for (size_t i = 0; i < text.size(); i += kWide) {
    std::memcpy(to + i, text.data() + i, kWide);
  }
  out_.Advance(to + field.member_size);
}

inline void MessageWriter::WriteString(std::string_view value) {
  const char* p = value.data();
  const char* const end = p + value.size();
  char* to = out_.Reserve(value.size() + kWide + 2);
  *to++ = '"';
  // Copied in wide steps, the last of which runs past the value, up to the
  // first byte that needs an escape.
  while (p < end && readable_end_ - p >= kWide) {
    const uint32_t special = CopyAndFindSpecial(p, to);
    const ptrdiff_t plain = __builtin_ctz(special | 1u << kWide);
    const ptrdiff_t step = std::min(plain, end - p);
    p += step;
    to += step;
    if (step < kWide) break;
  }
  while (p != end && !IsSpecial(*p)) *to++ = *p++;
  if (p != end) {
    out_.Advance(to);
    std::string escaped;
    AppendEscaped({p, static_cast<size_t>(end - p)}, escaped);
    out_.Append(escaped);
    to = out_.Reserve(1);
  }
  *to++ = '"';
  out_.Advance(to);
}

Result MessageWriter::WriteMessage(std::string_view wire,
                                   const MessageTable& table, int depth) {
  if (depth > kMaxDepth) return Refuse(table, "messages nested too deep");
  FieldSet seen;
  const Field* list = nullptr;  // whose bracket is open
  char before = '{';
  WireReader reader(wire);
  for (WireField value; reader.Next(value);) {
    const Field* field = table.FindByNumber(value.number);
    if (field == nullptr) return Refuse(table, "unknown field");
    if (field->repeated && IsEmptyRun(value, *field)) continue;
    if (field == list) {
      out_.Put(',');
    } else {
      if (list != nullptr) out_.Put(']');
      if (!seen.Add(field->index)) {
        return field->repeated ? Result::kScattered
                               : Refuse(*field, "set twice");
      }
      out_.Put(before);
      before = ',';
      WriteName(*field);
      list = field->repeated ? field : nullptr;
      if (list != nullptr) out_.Put('[');
    }
    const Result result = WriteValue(value, *field, depth);
    if (result != Result::kWritten) return result;
  }
  if (!reader.ok()) return Refuse(table, "malformed Protobuf bytes");
  if (list != nullptr) out_.Put(']');
  if (before == '{') out_.Put('{');
  out_.Put('}');
  return Result::kWritten;
}

Result MessageWriter::WriteValue(const WireField& value, const Field& field,
                                 int depth) {
  if (value.type == WireType::kVarint && field.packable()) {
    WriteNumber(value.value, field.kind);
    return Result::kWritten;
  }
  if (value.type != WireType::kLengthDelimited) {
    return Refuse(field, "wire type does not fit");
  }
  switch (field.kind) {
    case Kind::kString:
      WriteString(value.bytes);
      return Result::kWritten;
    case Kind::kMessage:
      return WriteMessage(value.bytes, *field.message, depth + 1);
    case Kind::kNumberText:
      return WriteNumberText(value.bytes, field);
    default:
      return field.repeated ? WritePacked(value.bytes, field)
                            : Refuse(field, "wire type does not fit");
  }
}

Result MessageWriter::WritePacked(std::string_view run, const Field& field) {
  const char* p = run.data();
  const char* const end = p + run.size();
  while (p < end) {
    uint64_t bits = 0;
    if (p != run.data()) out_.Put(',');
    p = ReadVarint(p, end, bits);
    if (p == nullptr) return Refuse(field, "malformed packed list");
    WriteNumber(bits, field.kind);
  }
  return Result::kWritten;
}

void MessageWriter::WriteNumber(uint64_t bits, Kind kind) {
  constexpr size_t kMaxSize = 20;  // of -9223372036854775808
  char* const to = out_.Reserve(kMaxSize);
  if (kind == Kind::kBool) {
    out_.Append(bits != 0 ? "true" : "false");
    return;
  }
  const auto value = kind == Kind::kInt32 ? static_cast<int32_t>(bits)
                                          : static_cast<int64_t>(bits);
  out_.Advance(std::to_chars(to, to + kMaxSize, value).ptr);
}

Result MessageWriter::WriteNumberText(std::string_view text,
                                      const Field& field) {
  if (!IsNumberText(text)) return Refuse(field, "not the text of a number");
  out_.Append(text);
  return Result::kWritten;
}

Result MessageWriter::Refuse(const Field& field, const char* why) {
  status_ = absl::InvalidArgumentError(
      absl::StrCat("field ", field.proto_name, ": ", why));
  return Result::kRefused;
}

Result MessageWriter::Refuse(const MessageTable& table, const char* why) {
  status_ =
      absl::InvalidArgumentError(absl::StrCat(table.full_name(), ": ", why));
  return Result::kRefused;
}

}  // namespace klarna::json

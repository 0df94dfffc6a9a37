// SPDX-License-Identifier: Apache-2.0
#include "tests/service/json/document_generator.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "klarna/rest/v1/rest.pb.h"

namespace klarna::json {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;

constexpr int kDepth = 6;

constexpr std::array kIntegers = {
    "0",
    "1",
    "-1",
    "127",
    "128",
    "16383",
    "16384",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "9007199254740993",
    "999999999999999999",
    "9223372036854775807",
    "-9223372036854775808",
};
constexpr std::array kOddNumbers = {
    "-0",
    "0.0",
    "1.0",
    "1e3",
    "1E+2",
    "-1.5e-7",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "123456789012345678901234567890",
    "0.1000",
    "1e400",
};
constexpr std::array kCharacters = {
    "\\\"",
    "\\\\",
    "\\/",
    "\\b",
    "\\f",
    "\\n",
    "\\r",
    "\\t",
    "\\u0000",
    "\\u001f",
    "\\u0041",
    "\\u00E9",
    "\\u20ac",
    "\\ud83d\\ude00",
    "\xc3\xa5",
    "\xe2\x82\xac",
    "\xf0\x9f\x98\x80",
    "\xed\x9f\xbf",
    "\x7f",
    "~",
    "/",
};
constexpr std::array kUnknownNames = {
    "",
    "x",
    "unknown_member",
    "a/b",
    "~",
    "~1",
    "m~n/o",
    "0",
    "__proto__",
    "\xc3\xa5ngstr\xc3\xb6m",
    "\\\"",
    "\\u0000",
    "tab\\t",
    "amounts",
};

std::string JsonName(const FieldDescriptor& field) {
  return field.has_json_name() ? field.json_name() : field.name();
}

}  // namespace

std::string DocumentGenerator::Document(const Descriptor& message) {
  out_.clear();
  Space();
  Object(message, 0);
  Space();
  return out_;
}

std::string DocumentGenerator::AnyValue() {
  out_.clear();
  Any(0);
  return out_;
}

void DocumentGenerator::Object(const Descriptor& message, int depth) {
  std::vector<const FieldDescriptor*> fields;
  const size_t density = 1 + Below(8);
  for (int i = 0; i < message.field_count(); ++i) {
    if (Below(8) < density / static_cast<size_t>(1 + depth)) {
      fields.push_back(message.field(i));
    }
  }
  if (OneIn(3)) std::shuffle(fields.begin(), fields.end(), random_);
  std::set<std::string_view> unknown;
  out_ += '{';
  bool first = true;
  const auto separate = [&] {
    if (!first) out_ += ',';
    first = false;
    Space();
  };
  for (const FieldDescriptor* field : fields) {
    if (style_ == Style::kAnything && OneIn(12)) {
      const std::string_view name = kUnknownNames[Below(kUnknownNames.size())];
      if (unknown.insert(name).second) {
        separate();
        out_ += '"' + std::string(name) + "\":";
        Any(depth + 1);
      }
    }
    separate();
    Name(JsonName(*field));
    Space();
    out_ += ':';
    Space();
    FieldValue(*field, depth + 1);
    Space();
  }
  out_ += '}';
}

void DocumentGenerator::FieldValue(const FieldDescriptor& field, int depth) {
  const bool anything = style_ == Style::kAnything;
  if (anything && OneIn(15)) return Any(depth);
  if (!field.is_repeated()) return SingleValue(field, depth);
  const size_t size = Below(5) + (anything ? 0 : 1);
  out_ += '[';
  for (size_t i = 0; i < size; ++i) {
    if (i > 0) out_ += ',';
    Space();
    if (anything && OneIn(6)) {
      Any(depth + 1);
    } else {
      SingleValue(field, depth + 1);
    }
    Space();
  }
  out_ += ']';
}

void DocumentGenerator::SingleValue(const FieldDescriptor& field, int depth) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_MESSAGE:
      if (depth < kDepth) return Object(*field.message_type(), depth);
      out_ += "{}";
      return;
    case FieldDescriptor::TYPE_INT64:
      return Integer();
    case FieldDescriptor::TYPE_INT32:
      return SmallInteger();
    case FieldDescriptor::TYPE_BOOL:
      out_ += OneIn(2) ? "true" : "false";
      return;
    default:
      if (field.options().GetExtension(klarna::rest::v1::number_text)) {
        return Number();
      }
      return String();
  }
}

void DocumentGenerator::Any(int depth) {
  switch (Below(depth < kDepth ? 9 : 6)) {
    case 0:
      out_ += "null";
      return;
    case 1:
      out_ += OneIn(2) ? "true" : "false";
      return;
    case 2:
      return Integer();
    case 3:
      return Number();
    case 4:
      // A lone surrogate is a string that no string field can hold.
      if (!OneIn(8)) return String();
      out_ += OneIn(2) ? "\"a\\ud800\"" : "\"\\udc00\\ud800z\"";
      return;
    case 5:
      out_ += OneIn(2) ? "[]" : "{}";
      return;
    case 6:
      return AnyArray(depth);
    default:
      return AnyObject(depth);
  }
}

void DocumentGenerator::AnyArray(int depth) {
  out_ += '[';
  const size_t size = Below(4);
  for (size_t i = 0; i < size; ++i) {
    if (i > 0) out_ += ',';
    Space();
    Any(depth + 1);
  }
  out_ += ']';
}

void DocumentGenerator::AnyObject(int depth) {
  out_ += '{';
  const size_t size = Below(OneIn(20) ? 30 : 4);
  for (size_t i = 0; i < size; ++i) {
    if (i > 0) out_ += ',';
    Name("key" + std::to_string(i * (1 + i % 2)) + std::to_string(i));
    out_ += ':';
    Any(depth + 1);
  }
  out_ += '}';
}

// One letter may be spelled as an escape.
void DocumentGenerator::Name(std::string_view name) {
  const size_t escaped = OneIn(30) ? Below(name.size()) : name.size();
  out_ += '"';
  for (size_t i = 0; i < name.size(); ++i) {
    if (i == escaped) {
      constexpr std::string_view kHex = "0123456789abcdef";
      const auto c = static_cast<unsigned char>(name[i]);
      out_ += "\\u00";
      out_ += kHex[c >> 4];
      out_ += kHex[c & 15];
    } else {
      out_ += name[i];
    }
  }
  out_ += '"';
}

void DocumentGenerator::Integer() {
  if (OneIn(3)) {
    out_ += kIntegers[Below(kIntegers.size())];
  } else {
    const auto bits = static_cast<int64_t>(random_());
    out_ += std::to_string(bits >> Below(64));
  }
}

void DocumentGenerator::SmallInteger() {
  const auto bits = static_cast<int32_t>(random_());
  out_ += std::to_string(bits >> Below(32));
}

void DocumentGenerator::Number() {
  if (OneIn(3)) return Integer();
  out_ += kOddNumbers[Below(kOddNumbers.size())];
}

void DocumentGenerator::String() {
  const size_t size =
      OneIn(25) ? 100 + Below(100) : (OneIn(4) ? 12 + Below(40) : Below(12));
  out_ += '"';
  for (size_t i = 0; i < size; ++i) Character();
  out_ += '"';
}

void DocumentGenerator::Character() {
  if (OneIn(10)) {
    out_ += kCharacters[Below(kCharacters.size())];
  } else {
    out_ += static_cast<char>('a' + Below(26));
  }
}

void DocumentGenerator::Space() {
  if (OneIn(8)) out_ += " \n\t\r"[Below(4)];
}

}  // namespace klarna::json

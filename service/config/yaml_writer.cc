// SPDX-License-Identifier: Apache-2.0
#include "service/config/yaml_writer.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/config/setting_value.h"

namespace klarna::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Whether a text means itself in YAML: a path, a URI, a name, an address. What
// looks like a number or `null` stays a text, since a reader knows the type.
// YAML 1.1, which many tools still read, takes them for truth values.
bool IsTruthWord(const std::string& text) {
  const std::string lower = absl::AsciiStrToLower(text);
  return lower == "off" || lower == "on" || lower == "no" || lower == "yes" ||
         lower == "n" || lower == "y";
}

bool IsPlain(const std::string& text) {
  const auto allowed = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '/' ||
           c == '.' || c == '_' || c == '-';
  };
  return !text.empty() && !IsTruthWord(text) && text != "null" &&
         text != "Null" && text != "NULL" &&
         (absl::ascii_isalnum(static_cast<unsigned char>(text[0])) ||
          text[0] == '/') &&
         std::all_of(text.begin(), text.end(), allowed);
}

std::string Quoted(const std::string& text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

class Writer {
 public:
  explicit Writer(
      const std::function<std::string(const std::string& key)>& comment)
      : comment_(comment) {}

  // The fields of the message, one below the other at `column`. The text ends
  // where the first of them is to stand.
  void Write(const Message& message, const std::string& key, size_t column) {
    std::vector<const FieldDescriptor*> given;
    message.GetReflection()->ListFields(message, &given);
    bool first = true;
    for (const FieldDescriptor* field : given) {
      if (!first) text_.append(column, ' ');
      first = false;
      text_ += field->name() + ":";
      WriteField(
          message, *field,
          key.empty() ? field->name() : absl::StrCat(key, ".", field->name()),
          column + 2);
    }
    if (first) text_ += "{}\n";
  }

  std::string TakeText() { return std::move(text_); }

 private:
  // What comes behind the colon; `column` is that of the lines below.
  void WriteField(const Message& message, const FieldDescriptor& field,
                  const std::string& key, size_t column) {
    const auto& reflection = *message.GetReflection();
    if (field.is_repeated()) {
      text_ += '\n';
      for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
        text_.append(column, ' ');
        text_ += "- ";
        Write(reflection.GetRepeatedMessage(message, &field, i),
              absl::StrCat(key, "[", i, "]"), column + 2);
      }
    } else if (IsSingleValue(field)) {
      WriteValue(ValueText(message, field), key);
    } else {
      WriteMessage(reflection.GetMessage(message, &field), key, column);
    }
  }

  void WriteMessage(const Message& message, const std::string& key,
                    size_t column) {
    std::vector<const FieldDescriptor*> given;
    message.GetReflection()->ListFields(message, &given);
    if (given.empty()) {
      text_ += " {}\n";
      return;
    }
    text_ += '\n';
    text_.append(column, ' ');
    Write(message, key, column);
  }

  void WriteValue(const std::string& value, const std::string& key) {
    absl::StrAppend(&text_, " ", IsPlain(value) ? value : Quoted(value));
    const std::string comment = comment_(key);
    if (!comment.empty()) absl::StrAppend(&text_, "  # ", comment);
    text_ += '\n';
  }

  const std::function<std::string(const std::string& key)>& comment_;
  std::string text_;
};

}  // namespace

std::string WriteYaml(
    const Message& message,
    const std::function<std::string(const std::string& key)>& comment) {
  Writer writer(comment);
  writer.Write(message, "", 0);
  return writer.TakeText();
}

}  // namespace klarna::config

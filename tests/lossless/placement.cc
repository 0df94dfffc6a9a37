// SPDX-License-Identifier: Apache-2.0
#include "tests/lossless/placement.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "klarna/rest/v1/rest.pb.h"
#include "simdjson.h"

namespace klarna::lossless {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

const FieldDescriptor* FindByJsonName(const Descriptor& message,
                                      std::string_view name) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    const std::string& json_name =
        field->has_json_name() ? field->json_name() : field->name();
    if (json_name == name) return field;
  }
  return nullptr;
}

bool IsNumber(std::string_view json) {
  return json[0] == '-' || absl::ascii_isdigit(json[0]);
}

// A string without a lone surrogate.
bool IsString(std::string_view json) {
  if (json[0] != '"') return false;
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded("[" + std::string(json) + "]");
  simdjson::ondemand::document document;
  std::string_view text;
  return !parser.iterate(padded).get(document) &&
         !document.at(0).get_string().get(text);
}

template <typename Integer>
bool IsInteger(std::string_view json) {
  Integer value;
  return IsNumber(json) && json != "-0" &&
         json.find_first_of(".eE") == std::string_view::npos &&
         absl::SimpleAtoi(std::string(json), &value);
}

bool FitsSingle(const FieldDescriptor& field, std::string_view json) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_MESSAGE:
      return json[0] == '{';
    case FieldDescriptor::TYPE_INT64:
      return IsInteger<int64_t>(json);
    case FieldDescriptor::TYPE_INT32:
      return IsInteger<int32_t>(json);
    case FieldDescriptor::TYPE_BOOL:
      return json == "true" || json == "false";
    default:
      return field.options().GetExtension(klarna::rest::v1::number_text)
                 ? IsNumber(json)
                 : IsString(json);
  }
}

bool FitsAnyElement(const FieldDescriptor& field, std::string_view json) {
  if (json[0] != '[') return false;
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(json);
  simdjson::ondemand::document document;
  simdjson::ondemand::array elements;
  if (parser.iterate(padded).get(document) ||
      document.get_array().get(elements)) {
    return false;
  }
  for (auto element : elements) {
    std::string_view text;
    if (!simdjson::to_json_string(element).get(text) &&
        FitsSingle(field, text)) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool HasPlace(const Descriptor& message, std::string_view pointer,
              std::string_view json) {
  if (pointer.empty()) return json[0] == '{';
  const std::vector<std::string> tokens =
      absl::StrSplit(std::string(pointer.substr(1)), '/');
  const Descriptor* at = &message;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::string name =
        absl::StrReplaceAll(tokens[i], {{"~1", "/"}, {"~0", "~"}});
    const FieldDescriptor* field =
        at == nullptr ? nullptr : FindByJsonName(*at, name);
    if (field == nullptr) return false;
    const bool last = i + 1 == tokens.size();
    if (field->is_repeated()) {
      if (last) return FitsAnyElement(*field, json);
      if (++i + 1 == tokens.size()) return FitsSingle(*field, json);
    } else if (last) {
      return FitsSingle(*field, json);
    }
    at = field->message_type();
  }
  return false;
}

}  // namespace klarna::lossless

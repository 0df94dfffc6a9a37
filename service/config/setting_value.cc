// SPDX-License-Identifier: Apache-2.0
#include "service/config/setting_value.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <charconv>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"

namespace klarna::config {
namespace {

using google::protobuf::Duration;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Kind = YamlNode::Kind;

std::optional<absl::Duration> ParseDuration(const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration)) return std::nullopt;
  if (absl::AbsDuration(duration) == absl::InfiniteDuration()) {
    return std::nullopt;
  }
  return duration;
}

// Reads one text for one field.
class ValueReader {
 public:
  ValueReader(const YamlNode& node, const std::string& key,
              const FieldDescriptor& field, Message& message,
              ProblemReport& report)
      : node_(node),
        key_(key),
        field_(field),
        message_(message),
        reflection_(*message.GetReflection()),
        report_(report) {}

  void Read() {
    if (field_.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      return ReadDuration();
    }
    if (node_.kind != Kind::kScalar) return Refuse("expected a single value");
    switch (field_.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection_.SetString(&message_, &field_, node_.text);
      case FieldDescriptor::CPPTYPE_BOOL:
        return ReadBool();
      case FieldDescriptor::CPPTYPE_INT32:
        if (const auto value = ReadInteger<int32_t>()) {
          reflection_.SetInt32(&message_, &field_, *value);
        }
        return;
      case FieldDescriptor::CPPTYPE_INT64:
        if (const auto value = ReadInteger<int64_t>()) {
          reflection_.SetInt64(&message_, &field_, *value);
        }
        return;
      case FieldDescriptor::CPPTYPE_ENUM:
        return ReadEnum();
      default:
        Refuse("cannot be set");
    }
  }

 private:
  void Refuse(std::string text) {
    report_.AddAt(node_.position, key_, std::move(text));
  }

  void ReadDuration() {
    std::optional<absl::Duration> parsed;
    if (node_.kind == Kind::kScalar) parsed = ParseDuration(node_.text);
    if (!parsed.has_value()) {
      return Refuse(
          "expected a duration with its unit, such as 500ms, 5s, 30m or 24h");
    }
    Duration duration;
    absl::Duration rest;
    duration.set_seconds(absl::IDivDuration(*parsed, absl::Seconds(1), &rest));
    duration.set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(rest)));
    reflection_.MutableMessage(&message_, &field_)->CopyFrom(duration);
  }

  void ReadBool() {
    const bool value = node_.text == "true";
    if (node_.quoted || (!value && node_.text != "false")) {
      return Refuse("expected true or false, without quotes");
    }
    reflection_.SetBool(&message_, &field_, value);
  }

  template <typename Integer>
  std::optional<Integer> ReadInteger() {
    Integer value = 0;
    const char* end = node_.text.data() + node_.text.size();
    const auto result = std::from_chars(node_.text.data(), end, value);
    if (!node_.quoted && result.ec == std::errc() && result.ptr == end) {
      return value;
    }
    using Limits = std::numeric_limits<Integer>;
    Refuse(absl::StrCat("expected a whole number from ", Limits::min(), " to ",
                        Limits::max(), ", without quotes"));
    return std::nullopt;
  }

  void ReadEnum() {
    const auto names = ValueNames(*field_.enum_type());
    const auto found = names.find(node_.text);
    if (found == names.end()) {
      const auto name_only = [](std::string* out, const auto& pair) {
        out->append(pair.first);
      };
      return Refuse(absl::StrCat("expected one of ",
                                 absl::StrJoin(names, ", ", name_only)));
    }
    reflection_.SetEnum(&message_, &field_, found->second);
  }

  const YamlNode& node_;
  const std::string& key_;
  const FieldDescriptor& field_;
  Message& message_;
  const google::protobuf::Reflection& reflection_;
  ProblemReport& report_;
};

std::string EnumText(const EnumValueDescriptor& value) {
  for (const auto& [name, each] : ValueNames(*value.type())) {
    if (each == &value) return name;
  }
  return "";
}

}  // namespace

bool IsSingleValue(const FieldDescriptor& field) {
  return !field.is_repeated() &&
         (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
          field.message_type() == Duration::descriptor());
}

std::map<std::string, const EnumValueDescriptor*> ValueNames(
    const EnumDescriptor& type) {
  // All values begin with the name of the type, as the first one does.
  const std::string& first = type.value(0)->name();
  const size_t prefix = first.size() - std::string("UNSPECIFIED").size();
  std::map<std::string, const EnumValueDescriptor*> names;
  for (int i = 1; i < type.value_count(); ++i) {
    names[absl::AsciiStrToLower(type.value(i)->name().substr(prefix))] =
        type.value(i);
  }
  return names;
}

void ReadValue(const YamlNode& node, const std::string& key,
               const FieldDescriptor& field, Message& message,
               ProblemReport& report) {
  ValueReader(node, key, field, message, report).Read();
}

std::string ValueText(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetString(message, &field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumText(*reflection.GetEnum(message, &field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return absl::FormatDuration(
          ToDuration(*google::protobuf::DynamicCastToGenerated<Duration>(
              &reflection.GetMessage(message, &field))));
    default:
      return "";
  }
}

absl::Duration ToDuration(const Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

}  // namespace klarna::config

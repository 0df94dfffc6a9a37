// SPDX-License-Identifier: Apache-2.0
#include "service/config/yaml_reader.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "service/config/nearest_name.h"

namespace klarna::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Duration;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using Kind = YamlNode::Kind;

// The names that a file may use for the values of an enumeration: LogLevel's
// LOG_LEVEL_INFO is "info". The first value means "not set" and has none.
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

std::vector<std::string> KeyNames(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) {
    names.push_back(type.field(i)->name());
  }
  return names;
}

std::optional<absl::Duration> ParseDuration(const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration)) return std::nullopt;
  if (absl::AbsDuration(duration) == absl::InfiniteDuration()) {
    return std::nullopt;
  }
  return duration;
}

class Reader {
 public:
  explicit Reader(ProblemReport& report) : report_(report) {}

  void ReadMessage(const YamlNode& node, const std::string& path,
                   Message& message) {
    if (node.kind != Kind::kMapping) {
      report_.AddAt(
          node.position, path,
          absl::StrCat("expected a mapping with keys such as `",
                       message.GetDescriptor()->field(0)->name(), ":`"));
      return;
    }
    std::map<std::string, int> seen;  // Line by key.
    for (size_t i = 0; i < node.keys.size(); ++i) {
      const YamlNode& key = node.keys[i];
      const FieldDescriptor* field =
          message.GetDescriptor()->FindFieldByName(key.text);
      if (field == nullptr) {
        ReportUnknownKey(key, path, *message.GetDescriptor());
        continue;
      }
      const std::string inner =
          path.empty() ? key.text : absl::StrCat(path, ".", key.text);
      report_.Locate(inner, key.position);
      const auto [first, is_new] = seen.emplace(key.text, key.position.line);
      if (!is_new) {
        report_.AddAt(key.position, inner,
                      absl::StrCat("given twice, first in line ", first->second,
                                   "; remove one"));
      } else if (CheckOneof(key, inner, *field, message)) {
        ReadField(node.items[i], inner, *field, message);
      }
    }
  }

 private:
  void ReportUnknownKey(const YamlNode& key, const std::string& path,
                        const Descriptor& type) {
    const std::vector<std::string> names = KeyNames(type);
    const std::string nearest = NearestName(key.text, names);
    // A text that is no spelling of a known key may be anything, a secret too.
    report_.AddAt(
        key.position, path,
        nearest.empty()
            ? absl::StrCat("unknown key; the keys here are ",
                           absl::StrJoin(names, ", "))
            : absl::StrCat("unknown key `", absl::CHexEscape(key.text),
                           "`; did you mean `", nearest, "`?"));
  }

  // Of the members of a oneof only one may be given.
  bool CheckOneof(const YamlNode& key, const std::string& path,
                  const FieldDescriptor& field, const Message& message) {
    const OneofDescriptor* oneof = field.real_containing_oneof();
    if (oneof == nullptr) return true;
    const FieldDescriptor* other =
        message.GetReflection()->GetOneofFieldDescriptor(message, oneof);
    if (other == nullptr) return true;
    report_.AddAt(
        key.position, path,
        absl::StrCat("cannot stand beside `", other->name(), "`; remove one"));
    return false;
  }

  void ReadField(const YamlNode& node, const std::string& path,
                 const FieldDescriptor& field, Message& message) {
    if (node.kind == Kind::kNull) {
      report_.AddAt(node.position, path,
                    "has no value; give one or remove the key");
    } else if (field.is_repeated()) {
      ReadSequence(node, path, field, message);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message& inner =
          *message.GetReflection()->MutableMessage(&message, &field);
      if (auto* duration =
              google::protobuf::DynamicCastToGenerated<Duration>(&inner)) {
        ReadDuration(node, path, *duration);
      } else {
        ReadMessage(node, path, inner);
      }
    } else if (node.kind != Kind::kScalar) {
      report_.AddAt(node.position, path, "expected a single value");
    } else {
      ReadScalar(node, path, field, message);
    }
  }

  // Of messages; no setting is a list of single values.
  void ReadSequence(const YamlNode& node, const std::string& path,
                    const FieldDescriptor& field, Message& message) {
    if (node.kind != Kind::kSequence) {
      report_.AddAt(node.position, path,
                    "expected a list, each element after `- `");
      return;
    }
    for (size_t i = 0; i < node.items.size(); ++i) {
      const std::string inner = absl::StrCat(path, "[", i, "]");
      report_.Locate(inner, node.items[i].position);
      ReadMessage(node.items[i], inner,
                  *message.GetReflection()->AddMessage(&message, &field));
    }
  }

  void ReadDuration(const YamlNode& node, const std::string& path,
                    Duration& duration) {
    std::optional<absl::Duration> parsed;
    if (node.kind == Kind::kScalar) parsed = ParseDuration(node.text);
    if (!parsed.has_value()) {
      report_.AddAt(node.position, path,
                    "expected a duration with its unit, such as 500ms, 5s, 30m "
                    "or 24h");
      return;
    }
    absl::Duration rest;
    duration.set_seconds(absl::IDivDuration(*parsed, absl::Seconds(1), &rest));
    duration.set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(rest)));
  }

  void ReadScalar(const YamlNode& node, const std::string& path,
                  const FieldDescriptor& field, Message& message) {
    const auto* reflection = message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        reflection->SetString(&message, &field, node.text);
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        ReadBool(node, path, field, message);
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        if (const auto value = ReadInteger<int32_t>(node, path)) {
          reflection->SetInt32(&message, &field, *value);
        }
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        if (const auto value = ReadInteger<int64_t>(node, path)) {
          reflection->SetInt64(&message, &field, *value);
        }
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        ReadEnum(node, path, field, message);
        break;
      default:
        report_.AddAt(node.position, path, "cannot be set in a file");
    }
  }

  void ReadBool(const YamlNode& node, const std::string& path,
                const FieldDescriptor& field, Message& message) {
    const bool value = node.text == "true";
    if (node.quoted || (!value && node.text != "false")) {
      report_.AddAt(node.position, path,
                    "expected true or false, without quotes");
      return;
    }
    message.GetReflection()->SetBool(&message, &field, value);
  }

  template <typename Integer>
  std::optional<Integer> ReadInteger(const YamlNode& node,
                                     const std::string& path) {
    Integer value = 0;
    const char* end = node.text.data() + node.text.size();
    const auto result = std::from_chars(node.text.data(), end, value);
    if (!node.quoted && result.ec == std::errc() && result.ptr == end) {
      return value;
    }
    using Limits = std::numeric_limits<Integer>;
    report_.AddAt(node.position, path,
                  absl::StrCat("expected a whole number from ", Limits::min(),
                               " to ", Limits::max(), ", without quotes"));
    return std::nullopt;
  }

  void ReadEnum(const YamlNode& node, const std::string& path,
                const FieldDescriptor& field, Message& message) {
    const auto names = ValueNames(*field.enum_type());
    const auto found = names.find(node.text);
    if (found == names.end()) {
      const auto name_only = [](std::string* out, const auto& pair) {
        out->append(pair.first);
      };
      report_.AddAt(node.position, path,
                    absl::StrCat("expected one of ",
                                 absl::StrJoin(names, ", ", name_only)));
      return;
    }
    message.GetReflection()->SetEnum(&message, &field, found->second);
  }

  ProblemReport& report_;
};

}  // namespace

void ReadYaml(const YamlNode& root, Message& message, ProblemReport& report) {
  Reader(report).ReadMessage(root, "", message);
}

}  // namespace klarna::config

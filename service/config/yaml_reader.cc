// SPDX-License-Identifier: Apache-2.0
#include "service/config/yaml_reader.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/config/nearest_name.h"
#include "service/config/setting_value.h"

namespace klarna::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using Kind = YamlNode::Kind;

std::vector<std::string> KeyNames(const Descriptor& type) {
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(type.field_count()));
  for (int i = 0; i < type.field_count(); ++i) {
    names.push_back(type.field(i)->name());
  }
  return names;
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
    } else if (IsSingleValue(field)) {
      ReadValue(node, path, field, message, report_);
    } else {
      ReadMessage(node, path,
                  *message.GetReflection()->MutableMessage(&message, &field));
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

  ProblemReport& report_;
};

}  // namespace

void ReadYaml(const YamlNode& root, Message& message, ProblemReport& report) {
  Reader(report).ReadMessage(root, "", message);
}

}  // namespace klarna::config

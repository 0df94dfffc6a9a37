// SPDX-License-Identifier: Apache-2.0
#include "service/cli/config_page.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "klarna/gateway/config/v1/config.pb.h"
#include "service/cli/proto_comments.h"
#include "service/config/setting_value.h"
#include "service/config/settings.h"

namespace klarna::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

bool IsMessage(const FieldDescriptor& field) {
  return field.is_repeated() || !config::IsSingleValue(field);
}

// The messages of the file, each once, in the order of first mention.
void Collect(const Descriptor& type, std::vector<const Descriptor*>& types) {
  if (std::find(types.begin(), types.end(), &type) != types.end()) return;
  types.push_back(&type);
  for (int i = 0; i < type.field_count(); ++i) {
    if (IsMessage(*type.field(i)))
      Collect(*type.field(i)->message_type(), types);
  }
}

std::string Link(const Descriptor& type) {
  std::string anchor = type.name();
  std::transform(anchor.begin(), anchor.end(), anchor.begin(), [](char c) {
    return static_cast<char>(c | ('A' <= c && c <= 'Z' ? 0x20 : 0));
  });
  return absl::StrCat("[", type.name(), "](#", anchor, ")");
}

std::string EnumText(const FieldDescriptor& field) {
  std::vector<std::string> values;
  for (const auto& [name, value] : config::ValueNames(*field.enum_type())) {
    values.push_back(absl::StrCat("`", name, "`: ", CommentOf(*value)));
  }
  return absl::StrJoin(values, "<br>");
}

// What can stand behind the key.
std::string ValueText(const FieldDescriptor& field) {
  const auto& facts = config::FactsOf(field);
  const std::string bounds =
      facts.min().empty()
          ? ""
          : absl::StrCat(", ", facts.min(), " to ", facts.max());
  if (field.is_repeated()) {
    return absl::StrCat("list of ", Link(*field.message_type()));
  }
  if (IsMessage(field)) return Link(*field.message_type());
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "`true` or `false`";
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat("number", bounds);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumText(field);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return absl::StrCat("duration", bounds);
    default:
      return "text";
  }
}

std::string Meaning(const FieldDescriptor& field) {
  std::string meaning = absl::StrReplaceAll(CommentOf(field), {{"|", "\\|"}});
  if (config::FactsOf(field).needs_restart()) {
    meaning += " A change needs a restart.";
  }
  return meaning;
}

std::string DefaultText(const FieldDescriptor& field) {
  const auto& facts = config::FactsOf(field);
  if (facts.required()) return "required";
  if (facts.default_value().empty()) return "";
  return absl::StrCat("`", facts.default_value(), "`");
}

std::string Section(const Descriptor& type) {
  std::string text = absl::StrCat("### ", type.name(), "\n\n", CommentOf(type),
                                  "\n\n| key | value | default | meaning |\n"
                                  "|---|---|---|---|\n");
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    absl::StrAppend(&text, "| `", field.name(), "` | ", ValueText(field), " | ",
                    DefaultText(field), " | ", Meaning(field), " |\n");
  }
  return text + "\n";
}

std::string Names() {
  std::string text =
      "## Flags and environment variables\n\n"
      "| key | flag | environment variable |\n|---|---|---|\n";
  for (const config::Setting& setting : config::AllSettings()) {
    absl::StrAppend(&text, "| `", setting.key, "` | `", setting.flag, "` | `",
                    setting.variable, "` |\n");
  }
  return text;
}

}  // namespace

std::string ConfigPage() {
  std::vector<const Descriptor*> types;
  Collect(*gateway::config::v1::Config::descriptor(), types);
  std::string page = "## Every key\n\n";
  for (const Descriptor* type : types) page += Section(*type);
  return page + Names();
}

}  // namespace klarna::cli

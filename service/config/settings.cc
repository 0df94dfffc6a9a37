// SPDX-License-Identifier: Apache-2.0
#include "service/config/settings.h"

#include <google/protobuf/descriptor.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "klarna/gateway/config/v1/config.pb.h"
#include "service/config/setting_value.h"

namespace klarna::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

Setting MakeSetting(const std::string& key,
                    const std::vector<const FieldDescriptor*>& path) {
  const std::string dotted = absl::StrReplaceAll(key, {{"[", "."}, {"]", ""}});
  return {.key = key,
          .flag = absl::StrCat("--", absl::StrReplaceAll(dotted, {{"_", "-"}})),
          .variable = absl::StrCat(
              kVariablePrefix,
              absl::AsciiStrToUpper(absl::StrReplaceAll(dotted, {{".", "_"}}))),
          .path = path};
}

// Adds the settings of a message, whose own key and path are given.
void AddSettings(const Descriptor& type, const std::string& key,
                 std::vector<const FieldDescriptor*>& path,
                 std::vector<Setting>& settings) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (FactsOf(field).file_only()) continue;
    std::string inner =
        key.empty() ? field.name() : absl::StrCat(key, ".", field.name());
    if (field.is_repeated()) inner += "[0]";
    path.push_back(&field);
    if (IsSingleValue(field)) {
      settings.push_back(MakeSetting(inner, path));
    } else {
      AddSettings(*field.message_type(), inner, path, settings);
    }
    path.pop_back();
  }
}

}  // namespace

const std::vector<Setting>& AllSettings() {
  static const auto* const settings = [] {
    auto* all = new std::vector<Setting>;
    std::vector<const FieldDescriptor*> path;
    AddSettings(*gateway::config::v1::Config::descriptor(), "", path, *all);
    return all;
  }();
  return *settings;
}

const gateway::config::v1::Setting& FactsOf(const FieldDescriptor& field) {
  return field.options().GetExtension(gateway::config::v1::setting);
}

}  // namespace klarna::config

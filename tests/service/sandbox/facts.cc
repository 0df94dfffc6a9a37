// SPDX-License-Identifier: Apache-2.0
#include "tests/service/sandbox/facts.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

bool HasType(const std::string& type, const json& value) {
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "array") return value.is_array();
  return type != "object" || value.is_object();
}

// Klarna's enumerations are open in letter case.
bool IsOneOf(const YAML::Node& values, const json& value) {
  if (!value.is_string()) return true;
  return std::any_of(values.begin(), values.end(), [&](const YAML::Node& v) {
    return absl::EqualsIgnoreCase(v.as<std::string>(""),
                                  value.get<std::string>());
  });
}

}  // namespace

std::optional<std::string> FactsFolder() {
  const char* given = std::getenv("KLARNA_FACTS");
  const std::string folder =
      given != nullptr ? given : KLARNA_CHECKOUT "/../shared/klarna";
  if (!std::filesystem::is_directory(folder + "/openapi")) return std::nullopt;
  return folder;
}

std::vector<OpenApi::Operation> OpenApi::Operations() const {
  std::vector<Operation> operations;
  for (const auto& path : root_["paths"]) {
    for (const auto& entry : path.second) {
      const std::string method = entry.first.as<std::string>();
      if (!entry.second["operationId"]) continue;
      operations.push_back({entry.second["operationId"].as<std::string>(),
                            absl::AsciiStrToUpper(method),
                            path.first.as<std::string>(), entry.second});
    }
  }
  return operations;
}

YAML::Node OpenApi::Resolve(YAML::Node node) const {
  while (node.IsMap() && node["$ref"]) {
    const std::string reference = node["$ref"].as<std::string>();
    // reset() binds to another node; an assignment would change the document.
    YAML::Node target;
    target.reset(root_);
    for (const absl::string_view step :
         absl::StrSplit(reference.substr(2), '/')) {
      target.reset(target[std::string(step)]);
    }
    node.reset(target);
  }
  return node;
}

bool OpenApi::HasStatus(const Operation& operation, int status) const {
  return operation.node["responses"][absl::StrCat(status)].IsDefined();
}

YAML::Node OpenApi::AnswerSchema(const Operation& operation, int status) const {
  const YAML::Node reference =
      operation.node["responses"][absl::StrCat(status)];
  if (!reference.IsDefined()) return YAML::Node(YAML::NodeType::Undefined);
  const YAML::Node answer = Resolve(reference);
  for (const auto& content : answer["content"]) {
    if (absl::EndsWith(content.first.as<std::string>(), "json")) {
      return content.second["schema"];
    }
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

void OpenApi::Gather(YAML::Node reference,
                     std::vector<YAML::Node>* parts) const {
  const YAML::Node schema = Resolve(reference);
  parts->push_back(schema);
  for (const YAML::Node& part : schema["allOf"]) Gather(part, parts);
}

void OpenApi::Check(YAML::Node reference, const json& value,
                    const std::string& path, std::vector<std::string>* misfits,
                    std::set<std::string>* unknown) const {
  const YAML::Node schema = Resolve(reference);
  if (schema["oneOf"]) {
    // The alternative with the same `state`, or the first that fits.
    for (const YAML::Node& alternative : schema["oneOf"]) {
      std::vector<std::string> wrong;
      std::set<std::string> extra;
      Check(alternative, value, path, &wrong, &extra);
      if (!wrong.empty()) continue;
      unknown->insert(extra.begin(), extra.end());
      return;
    }
    misfits->push_back(path + ": fits no alternative");
    return;
  }
  if (schema["type"] && !HasType(schema["type"].as<std::string>(), value)) {
    misfits->push_back(
        absl::StrCat(path, ": is not ", schema["type"].as<std::string>()));
    return;
  }
  if (schema["enum"] && !IsOneOf(schema["enum"], value)) {
    misfits->push_back(absl::StrCat(path, ": ", value.dump(), " is no choice"));
  }
  if (value.is_array() && schema["items"]) {
    for (size_t i = 0; i < value.size(); ++i) {
      Check(schema["items"], value[i], absl::StrCat(path, "[", i, "]"), misfits,
            unknown);
    }
  }
  if (value.is_object()) CheckObject(schema, value, path, misfits, unknown);
}

void OpenApi::CheckObject(YAML::Node schema, const json& value,
                          const std::string& path,
                          std::vector<std::string>* misfits,
                          std::set<std::string>* unknown) const {
  std::vector<YAML::Node> parts;
  Gather(schema, &parts);
  bool open = true;  // Nothing is said about its members.
  std::set<std::string> known;
  for (const YAML::Node& part : parts) {
    for (const YAML::Node& name : part["required"]) {
      if (!value.contains(name.as<std::string>())) {
        misfits->push_back(
            absl::StrCat(path, ".", name.as<std::string>(), ": missing"));
      }
    }
    for (const auto& property : part["properties"]) {
      open = false;
      const std::string name = property.first.as<std::string>();
      known.insert(name);
      if (value.contains(name)) {
        Check(property.second, value[name], absl::StrCat(path, ".", name),
              misfits, unknown);
      }
    }
  }
  if (open) return;
  for (const auto& member : value.items()) {
    if (!known.contains(member.key())) {
      unknown->insert(absl::StrCat(path, ".", member.key()));
    }
  }
}

}  // namespace klarna::sandbox

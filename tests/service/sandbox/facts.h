// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/yaml.h>

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace klarna::sandbox {

// The folder of published facts about Klarna: KLARNA_FACTS, or ../shared/klarna
// beside the checkout; none if there is no such folder.
std::optional<std::string> FactsFolder();

// One published OpenAPI document.
class OpenApi {
 public:
  explicit OpenApi(const std::string& file) : root_(YAML::LoadFile(file)) {}

  struct Operation {
    std::string name;  // Its operationId.
    std::string method;
    std::string path;
    YAML::Node node;
  };
  std::vector<Operation> Operations() const;

  // A node with its $ref followed.
  YAML::Node Resolve(YAML::Node node) const;

  // The schema of the JSON body of an operation's answer with that status; an
  // undefined node if none is published.
  YAML::Node AnswerSchema(const Operation& operation, int status) const;
  bool HasStatus(const Operation& operation, int status) const;

  // The schema itself and, if it is made by allOf, its parts.
  void Gather(YAML::Node reference, std::vector<YAML::Node>* parts) const;

  // What in `value` is not as `schema` has it: "order_lines[0].name: missing".
  // Members that the schema does not have are gathered in `unknown`.
  void Check(YAML::Node reference, const nlohmann::json& value,
             const std::string& path, std::vector<std::string>* misfits,
             std::set<std::string>* unknown) const;

 private:
  void CheckObject(YAML::Node schema, const nlohmann::json& value,
                   const std::string& path, std::vector<std::string>* misfits,
                   std::set<std::string>* unknown) const;
  YAML::Node root_;
};

}  // namespace klarna::sandbox

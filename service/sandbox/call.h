// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/sandbox/api_description.h"
#include "service/sandbox/fault.h"
#include "service/sandbox/message.h"

namespace klarna::sandbox {

// A request that was recognised and checked, on its way to the part of Klarna
// that answers it.
struct Call {
  const Operation& operation;
  const Request& request;
  std::vector<std::string> parameters;  // Of the path, in its order.
  std::vector<std::pair<std::string, std::string>> query;  // Decoded.
  nlohmann::json body;                                     // Null without one.
  absl::Time now;
  std::string correlation_id;
  PageFault page_fault = PageFault::kNone;

  // The first query parameter of that name.
  const std::string* Query(absl::string_view name) const {
    for (const auto& [key, value] : query) {
      if (key == name) return &value;
    }
    return nullptr;
  }
};

// Takes the name=value pairs of a query apart; at most 1,000.
std::vector<std::pair<std::string, std::string>> ParseQuery(
    absl::string_view query);

// An answer without a body: 201, 202 and 204 of many writes.
Answer Empty(int status);

// An answer with a JSON body in the form of the call's domain.
Answer Reply(const Call& call, int status, const nlohmann::json& body);

// An error in the form of the call's domain. `code` is Klarna's error_code.
Answer Refuse(const Call& call, int status, absl::string_view code,
              absl::string_view message);

}  // namespace klarna::sandbox

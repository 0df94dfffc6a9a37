// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace klarna::sandbox {

// Reads a request's body; none if it is not JSON or nested deeper than 64.
std::optional<nlohmann::json> ParseJson(absl::string_view text);

// The two ways in which Klarna's services write JSON: most without a blank, the
// payments API spread over lines with ` : ` between name and value.
//   CompactJson({{"a", {1}}})  // {"a":[1]}
//   SpreadJson({{"a", {1}}})   // {\n  "a" : [ 1 ]\n}
std::string CompactJson(const nlohmann::json& value);
std::string SpreadJson(const nlohmann::json& value);

// A member of an object; "", 0, false or an empty object where it is absent,
// null or of another kind. A number as text is its digits, as Klarna reads it.
std::string TextOf(const nlohmann::json& object, absl::string_view name);
int64_t IntegerOf(const nlohmann::json& object, absl::string_view name);
bool BooleanOf(const nlohmann::json& object, absl::string_view name);
bool Has(const nlohmann::json& object, absl::string_view name);

// Appends `text` in quotes, escaped.
void AppendQuoted(std::string* out, absl::string_view text);

}  // namespace klarna::sandbox

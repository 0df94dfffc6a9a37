// SPDX-License-Identifier: Apache-2.0
//
// Compares JSON documents with a parser that is not the product's: simdjson.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace klarna::json {

// One form for all texts that mean the same document: members sorted, space
// and escapes gone, the text of numbers kept. A string with a lone surrogate
// keeps its text.
//
//   {"b": 1.0, "a": "\u0041"}   ->   {"a":"A","b":1.0}
//
// nullopt where simdjson refuses the document.
std::optional<std::string> CanonicalJson(std::string_view json);

}  // namespace klarna::json

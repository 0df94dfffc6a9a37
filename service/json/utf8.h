// SPDX-License-Identifier: Apache-2.0
//
// Checks that bytes are UTF-8 as Unicode defines it: no overlong forms, no
// surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace klarna::json {

// Length of the longest well-formed prefix: text.size() when all of it is.
size_t ValidUtf8Prefix(std::string_view text);

inline bool IsUtf8(std::string_view text) {
  return ValidUtf8Prefix(text) == text.size();
}

}  // namespace klarna::json

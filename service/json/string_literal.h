// SPDX-License-Identifier: Apache-2.0
//
// What stands between the quotes of a JSON string: from its text to its value
// and back.
#pragma once

#include <string>
#include <string_view>

namespace klarna::json {

// Writes the value of `body`, whose escapes are well-formed, at `out`, which
// has room for body.size() bytes: a value is never longer than its text.
//
//   a\u00e9\n   ->   61 c3 a9 0a
//
// Returns the end, nullptr at a surrogate without its other half: such a
// string has no UTF-8 form.
char* Unescape(std::string_view body, char* out);

// Appends `value` with quote, backslash and control characters escaped, all
// else as it is.
void AppendEscaped(std::string_view value, std::string& out);

}  // namespace klarna::json

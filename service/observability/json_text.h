// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace klarna::observability {

// Longest text in a log, in characters.
inline constexpr size_t kMaxLogText = 256;

// Appends `text` as a JSON string of printable ASCII, whatever its bytes are:
//
//   AppendJsonText("caf\xC3\xA9\n", line)   // appends "caf\u00e9\n"
//
// All but printable ASCII is escaped, so neither a control sequence nor a
// character that turns the line around reaches a terminal. A byte that is not
// UTF-8 becomes \ufffd. After kMaxLogText characters the text ends in "...".
void AppendJsonText(std::string_view text, std::string& out);

}  // namespace klarna::observability

// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/input.h"

namespace klarna::fuzz {

Input::Input(const uint8_t* data, size_t size) {
  constexpr std::string_view kSeparator = "\n%%\n";
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (true) {
    const size_t end = rest.find(kSeparator);
    parts_.push_back(rest.substr(0, end));
    if (end == rest.npos) return;
    rest.remove_prefix(end + kSeparator.size());
  }
}

std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

}  // namespace klarna::fuzz

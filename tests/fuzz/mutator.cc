// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/mutator.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace klarna::fuzz {
namespace {

// Texts that parsers stumble over.
constexpr std::string_view kTexts[] = {"\n%%\n",
                                       "\r\n",
                                       "{",
                                       "}",
                                       "[",
                                       "]",
                                       "\"",
                                       ",",
                                       ":",
                                       "null",
                                       "true",
                                       "-0",
                                       "1e999",
                                       "0.1",
                                       "../",
                                       "%2e",
                                       "%00",
                                       "\\u0000",
                                       "\\ud800",
                                       "\xc0\xaf",
                                       "\xf4\x90\x80\x80",
                                       "\xef\xbb\xbf",
                                       "9223372036854775808",
                                       "-9223372036854775809",
                                       "/0",
                                       "~1",
                                       "HTTP/1.1 200 OK\n",
                                       "Content-Length: 1\n",
                                       "Retry-After: 1\n",
                                       "Transfer-Encoding: chunked\n",
                                       "!reset\n"};

constexpr char kBytes[] = {'\0', '\x01', '\x7f', '\x80', '\xff', ' ', '\n'};

}  // namespace

std::string Mutator::Next() {
  std::string input = Any();
  for (size_t changes = 1 + Below(8); changes > 0; --changes) Change(input);
  if (input.size() > kMaxBytes) input.resize(kMaxBytes);
  return input;
}

std::string Mutator::Stretch(const std::string& input) {
  if (input.empty()) return {};
  const size_t start = Below(input.size());
  return input.substr(start, 1 + Below(std::min<size_t>(64, input.size())));
}

void Mutator::Change(std::string& input) {
  const size_t at = Below(input.size() + 1);
  switch (Below(7)) {
    case 0:
      if (at < input.size()) {
        input[at] = static_cast<char>(input[at] ^ (1 << Below(8)));
      }
      break;
    case 1:
      if (at < input.size()) input[at] = kBytes[Below(std::size(kBytes))];
      break;
    case 2:
      input.erase(at, 1 + Below(16));
      break;
    case 3:
      input.insert(at, kTexts[Below(std::size(kTexts))]);
      break;
    case 4:
      input.insert(at, Stretch(input));
      break;
    case 5:
      input.insert(at, Stretch(Any()));
      break;
    case 6:  // The beginning of one input and the end of another.
      const std::string& other = Any();
      input.resize(at);
      input += other.substr(Below(other.size() + 1));
      break;
  }
}

}  // namespace klarna::fuzz

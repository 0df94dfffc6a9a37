// SPDX-License-Identifier: Apache-2.0
#include "service/json/utf8.h"

#include "service/json/wide.h"

namespace klarna::json {
namespace {

bool IsContinuation(unsigned char byte) { return (byte & 0xc0) == 0x80; }

// Size of the well-formed sequence at `p`, which is not ASCII; 0 for none.
size_t SequenceSize(const char* p, const char* end) {
  const auto at = [p](int i) { return static_cast<unsigned char>(p[i]); };
  const unsigned char lead = at(0);
  const auto left = static_cast<size_t>(end - p);
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return left >= 2 && IsContinuation(at(1)) ? 2 : 0;
  if (lead < 0xf0) {
    if (left < 3 || !IsContinuation(at(1)) || !IsContinuation(at(2))) return 0;
    if (lead == 0xe0 && at(1) < 0xa0) return 0;  // overlong
    if (lead == 0xed && at(1) > 0x9f) return 0;  // surrogate
    return 3;
  }
  if (left < 4 || !IsContinuation(at(1)) || !IsContinuation(at(2)) ||
      !IsContinuation(at(3))) {
    return 0;
  }
  if (lead == 0xf0 && at(1) < 0x90) return 0;  // overlong
  if (lead == 0xf4 && at(1) > 0x8f) return 0;  // above U+10FFFF
  return 4;
}

}  // namespace

size_t ValidUtf8Prefix(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p < end) {
    if (static_cast<unsigned char>(*p) < 0x80) {
      p = SkipAscii(p, end);
      continue;
    }
    const size_t size = SequenceSize(p, end);
    if (size == 0) break;
    p += size;
  }
  return static_cast<size_t>(p - text.data());
}

}  // namespace klarna::json

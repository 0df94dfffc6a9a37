// SPDX-License-Identifier: Apache-2.0
//
// Reads the JSON values that go onto the wire as numbers: integers that are
// written as integers, and booleans.
//
//   int64_t value;
//   ReadInteger(p, end, value);    // of `-12,` the position of the comma
//
// Each returns the position after the value, nullptr for anything else. What
// follows the value is for the caller to check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace klarna::json {

inline const char* ReadBool(const char* p, const char* end, uint64_t& value) {
  const std::string_view rest(p, static_cast<size_t>(end - p));
  value = rest.starts_with("true") ? 1 : 0;
  if (value == 1) return p + 4;
  return rest.starts_with("false") ? p + 5 : nullptr;
}

// Not an integer: a fraction or exponent (1.0, 1e2), -0, leading zeros, what
// int64 cannot hold. `p` is before `end`.
inline const char* ReadInteger(const char* p, const char* end, int64_t& value) {
  constexpr int kMaxDigits = 19;  // any number of 19 digits fits 64 bits
  const bool negative = *p == '-';
  if (negative) ++p;
  const char* const first = p;
  uint64_t magnitude = 0;
  for (; p != end; ++p) {
    const auto digit = static_cast<unsigned char>(*p - '0');
    if (digit > 9) break;
    magnitude = magnitude * 10 + digit;
  }
  const ptrdiff_t digits = p - first;
  if (digits == 0 || digits > kMaxDigits) return nullptr;
  if (*first == '0' && (digits > 1 || negative)) return nullptr;
  if (p != end && (*p == '.' || (*p | 0x20) == 'e')) return nullptr;
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (magnitude > kMax + (negative ? 1 : 0)) return nullptr;
  value = static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
  return p;
}

}  // namespace klarna::json

// SPDX-License-Identifier: Apache-2.0
#include "service/auth/uuid.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "service/auth/digest.h"

namespace klarna::auth {
namespace {

constexpr size_t kUuidBytes = 16;
constexpr size_t kTextSize = 36;
// Of a version 7, the first of them: milliseconds, most significant first.
constexpr size_t kTimeBytes = 6;
using UuidBytes = std::array<unsigned char, kUuidBytes>;

bool IsHyphenAt(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

// The text of a UUID of these bytes, whose version and variant it sets.
std::string Format(UuidBytes bytes, int version) {
  constexpr char kHex[] = "0123456789abcdef";
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | version << 4);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string text(kTextSize, '-');
  size_t digit = 0;
  for (size_t i = 0; i < kTextSize; ++i) {
    if (IsHyphenAt(i)) continue;
    const unsigned char byte = bytes[digit / 2];
    text[i] = kHex[digit % 2 == 0 ? byte >> 4 : byte & 0x0f];
    ++digit;
  }
  return text;
}

// The value of a hexadecimal digit.
unsigned char ValueOf(unsigned char c) {
  return static_cast<unsigned char>(
      absl::ascii_isdigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10);
}

// Nothing if the text is not that of a UUID.
std::optional<UuidBytes> Parse(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  UuidBytes bytes = {};
  size_t digit = 0;
  for (size_t i = 0; i < kTextSize; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (IsHyphenAt(i) ? c != '-' : !absl::ascii_isxdigit(c)) {
      return std::nullopt;
    }
    if (IsHyphenAt(i)) continue;
    unsigned char& byte = bytes[digit / 2];
    byte = static_cast<unsigned char>(byte << 4 | ValueOf(c));
    ++digit;
  }
  return bytes;
}

}  // namespace

std::string NameUuid(std::string_view space, std::string_view name) {
  std::string input;
  if (const std::optional<UuidBytes> bytes = Parse(space)) {
    input.reserve(bytes->size() + name.size());
    input.assign(bytes->begin(), bytes->end());
  }
  input += name;
  UuidBytes bytes;
  std::copy_n(Sha1(input).begin(), bytes.size(), bytes.begin());
  return Format(bytes, 5);
}

std::string TimeUuid(absl::Time time, runtime::Random& random) {
  const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(time));
  UuidBytes bytes;
  for (size_t i = 0; i < kTimeBytes; ++i) {
    bytes[i] = static_cast<unsigned char>(millis >> 8 * (kTimeBytes - 1 - i));
  }
  const std::string drawn = random.Bytes(kUuidBytes - kTimeBytes);
  std::copy(drawn.begin(), drawn.end(), bytes.begin() + kTimeBytes);
  return Format(bytes, 7);
}

std::optional<absl::Time> TimeOfUuid(std::string_view uuid) {
  const std::optional<UuidBytes> bytes = Parse(uuid);
  if (!bytes || (bytes->at(6) & 0xf0) != 0x70 ||
      (bytes->at(8) & 0xc0) != 0x80) {
    return std::nullopt;
  }
  uint64_t millis = 0;
  for (size_t i = 0; i < kTimeBytes; ++i) millis = millis << 8 | bytes->at(i);
  return absl::FromUnixMillis(static_cast<int64_t>(millis));
}

}  // namespace klarna::auth

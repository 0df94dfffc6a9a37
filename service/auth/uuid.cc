// SPDX-License-Identifier: Apache-2.0
#include "service/auth/uuid.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "service/auth/digest.h"

namespace klarna::auth {
namespace {

constexpr size_t kUuidBytes = 16;
constexpr size_t kTextSize = 36;

// Sets version and variant and adds the hyphens.
std::string Format(std::string bytes, int version) {
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | version << 4);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::string text = HexLower(bytes);
  for (size_t hyphen : {8, 13, 18, 23}) text.insert(hyphen, 1, '-');
  return text;
}

// The 16 bytes of a UUID's text, empty if it is none.
std::string Parse(std::string_view text) {
  if (text.size() != kTextSize) return {};
  std::string hex;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    const auto c = static_cast<unsigned char>(text[i]);
    if (hyphen ? c != '-' : !absl::ascii_isxdigit(c)) return {};
    if (!hyphen) hex.push_back(text[i]);
  }
  return absl::HexStringToBytes(hex);
}

}  // namespace

std::string NameUuid(std::string_view space, std::string_view name) {
  std::string input = Parse(space);
  input += name;
  return Format(Sha1(input).substr(0, kUuidBytes), 5);
}

std::string TimeUuid(absl::Time time, runtime::Random& random) {
  const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(time));
  std::string bytes;
  for (int shift = 40; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(millis >> shift));
  }
  bytes += random.Bytes(kUuidBytes - bytes.size());
  return Format(std::move(bytes), 7);
}

std::optional<absl::Time> TimeOfUuid(std::string_view uuid) {
  const std::string bytes = Parse(uuid);
  if (bytes.empty() || (bytes[6] & 0xf0) != 0x70 || (bytes[8] & 0xc0) != 0x80) {
    return std::nullopt;
  }
  uint64_t millis = 0;
  for (int i = 0; i < 6; ++i) {
    millis =
        millis << 8 | static_cast<unsigned char>(bytes[static_cast<size_t>(i)]);
  }
  return absl::FromUnixMillis(static_cast<int64_t>(millis));
}

}  // namespace klarna::auth

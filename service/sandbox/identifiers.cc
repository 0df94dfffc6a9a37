// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/identifiers.h"

#include <cstddef>

namespace klarna::sandbox {
namespace {

// Numbers handed out by Next() start above every seeded one.
constexpr uint64_t kFirstNew = uint64_t{1} << 48;

constexpr char kHex[] = "0123456789abcdef";

uint64_t KindKey(uint64_t seed, IdKind kind) {
  return Scatter(seed * 0x9e3779b97f4a7c15u + static_cast<uint64_t>(kind) + 1);
}

void WriteHex(char* out, uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value >>= 4) out[i] = kHex[value & 15];
}

std::optional<uint64_t> ReadHex(absl::string_view digits) {
  uint64_t value = 0;
  for (char c : digits) {
    const size_t digit = absl::string_view(kHex).find(c);
    if (digit == absl::string_view::npos) return std::nullopt;
    value = value << 4 | digit;
  }
  return value;
}

}  // namespace

uint64_t Scatter(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

uint64_t Gather(uint64_t x) {
  x ^= x >> 31 ^ x >> 62;
  x *= 0x319642b2d24d8ec3u;
  x ^= x >> 27 ^ x >> 54;
  x *= 0x96de1b173f119089u;
  return x ^ x >> 30 ^ x >> 60;
}

uint64_t StableHash(absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  }
  return hash;
}

Identifiers::Identifiers(uint64_t seed) : seed_(seed) {}

std::string Identifiers::Uuid(IdKind kind, uint64_t number) const {
  std::string uuid;
  AppendUuid(&uuid, kind, number);
  return uuid;
}

// The number is in the first 12 and the last 4 digits; what is between is a
// checksum with the version and variant digits that recorded ids show: the
// version is not always 4.
void Identifiers::AppendUuid(std::string* out, IdKind kind,
                             uint64_t number) const {
  const uint64_t key = KindKey(seed_, kind);
  const uint64_t high = Scatter(number ^ key);
  const uint64_t low = Scatter(high + key);
  char text[36];
  WriteHex(text, high >> 32, 8);
  text[8] = '-';
  WriteHex(text + 9, high >> 16, 4);
  text[13] = '-';
  text[14] = "13456"[low % 5];
  WriteHex(text + 15, low >> 8, 3);
  text[18] = '-';
  text[19] = "89ab"[low >> 62];
  WriteHex(text + 20, low >> 20, 3);
  text[23] = '-';
  WriteHex(text + 24, low >> 32, 8);
  WriteHex(text + 32, high, 4);
  out->append(text, sizeof(text));
}

std::optional<uint64_t> Identifiers::NumberOf(IdKind kind,
                                              absl::string_view uuid) const {
  if (uuid.size() != 36) return std::nullopt;
  const auto a = ReadHex(uuid.substr(0, 8));
  const auto b = ReadHex(uuid.substr(9, 4));
  const auto c = ReadHex(uuid.substr(32, 4));
  if (!a || !b || !c) return std::nullopt;
  const uint64_t number =
      Gather(*a << 32 | *b << 16 | *c) ^ KindKey(seed_, kind);
  if (Uuid(kind, number) != uuid) return std::nullopt;
  return number;
}

std::string Identifiers::Next(IdKind kind) {
  return Uuid(kind, kFirstNew + made_[static_cast<size_t>(kind)]++);
}

}  // namespace klarna::sandbox

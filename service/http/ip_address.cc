// SPDX-License-Identifier: Apache-2.0
#include "service/http/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace klarna::http {
namespace {

using Bytes = std::array<uint8_t, 16>;

struct Prefix {
  Bytes bytes;
  int bits;
};

constexpr Prefix V4(uint8_t a, uint8_t b, uint8_t c, int bits) {
  return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, 0}, 96 + bits};
}

constexpr Prefix V6(uint16_t a, uint16_t b, uint16_t c, int bits) {
  Prefix prefix = {{}, bits};
  const uint16_t groups[] = {a, b, c};
  for (int i = 0; i < 3; ++i) {
    prefix.bytes[2 * i] = static_cast<uint8_t>(groups[i] >> 8);
    prefix.bytes[2 * i + 1] = static_cast<uint8_t>(groups[i] & 0xff);
  }
  return prefix;
}

constexpr Prefix kV4Mapped = V4(0, 0, 0, 0);
constexpr Prefix kV4Loopback = V4(127, 0, 0, 8);
constexpr Prefix kNat64 = V6(0x64, 0xff9b, 0, 96);
constexpr Prefix k6To4 = V6(0x2002, 0, 0, 16);

// The special-purpose registries of RFC 6890.
constexpr Prefix kNotPublic[] = {
    V4(0, 0, 0, 8),           V4(10, 0, 0, 8),
    V4(100, 64, 0, 10),       V4(127, 0, 0, 8),
    V4(169, 254, 0, 16),      V4(172, 16, 0, 12),
    V4(192, 0, 0, 24),        V4(192, 0, 2, 24),
    V4(192, 168, 0, 16),      V4(198, 18, 0, 15),
    V4(198, 51, 100, 24),     V4(203, 0, 113, 24),
    V4(224, 0, 0, 4),         V4(240, 0, 0, 4),
    V6(0, 0, 0, 96),           // Unspecified, loopback, IPv4-compatible.
    V6(0x64, 0xff9b, 1, 48),   // NAT64 of local use.
    V6(0x100, 0, 0, 64),       // Discard.
    V6(0x2001, 0, 0, 23),      // Teredo and other protocol assignments.
    V6(0x2001, 0xdb8, 0, 32),  // Documentation.
    V6(0xfc00, 0, 0, 7),       // Unique local.
    V6(0xfe80, 0, 0, 10),      // Link-local.
    V6(0xfec0, 0, 0, 10),      // Site-local.
    V6(0xff00, 0, 0, 8),       // Multicast.
};

bool Matches(const Bytes& bytes, const Prefix& prefix) {
  const size_t whole = static_cast<size_t>(prefix.bits) / 8;
  if (!std::equal(bytes.begin(), bytes.begin() + whole, prefix.bytes.begin())) {
    return false;
  }
  const int rest = prefix.bits % 8;
  return rest == 0 || (bytes[whole] ^ prefix.bytes[whole]) >> (8 - rest) == 0;
}

}  // namespace

IpAddress IpAddress::FromV4(const uint8_t* four_bytes) {
  Bytes bytes = kV4Mapped.bytes;
  std::copy_n(four_bytes, 4, bytes.begin() + 12);
  return IpAddress(bytes);
}

std::optional<IpAddress> IpAddress::Parse(absl::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  Bytes bytes;
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) {
    return IpAddress(bytes);
  }
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) {
    return FromV4(bytes.data());
  }
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::FromSocketAddress(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof(v4));
    uint8_t bytes[4];
    std::memcpy(bytes, &v4.sin_addr, sizeof(bytes));
    return FromV4(bytes);
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof(v6));
    Bytes bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, sizeof(bytes));
    return IpAddress(bytes);
  }
  return std::nullopt;
}

bool IpAddress::IsV4() const { return Matches(bytes_, kV4Mapped); }

bool IpAddress::IsLoopback() const {
  return Matches(bytes_, kV4Loopback) ||
         bytes_ == Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
}

bool IpAddress::IsPublic() const {
  if (Matches(bytes_, kNat64)) return FromV4(&bytes_[12]).IsPublic();
  if (Matches(bytes_, k6To4)) return FromV4(&bytes_[2]).IsPublic();
  return std::none_of(
      std::begin(kNotPublic), std::end(kNotPublic),
      [this](const Prefix& prefix) { return Matches(bytes_, prefix); });
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  if (IsV4()) {
    inet_ntop(AF_INET, &bytes_[12], text, sizeof(text));
  } else {
    inet_ntop(AF_INET6, bytes_.data(), text, sizeof(text));
  }
  return text;
}

}  // namespace klarna::http

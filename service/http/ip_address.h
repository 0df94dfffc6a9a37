// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

struct sockaddr;

namespace klarna::http {

// An IPv4 or IPv6 address and what may be said of it. A value.
//
//   IpAddress::Parse("127.0.0.1")->IsLoopback();   // true
//   IpAddress::Parse("169.254.169.254")->IsPublic();  // false
//
// An IPv4 address mapped into IPv6 (::ffff:10.0.0.1) is that IPv4 address.
class IpAddress {
 public:
  // Four decimal numbers with dots, or IPv6 without brackets and zone. Nothing
  // for any other spelling, such as 127.1 or 0x7f000001.
  static std::optional<IpAddress> Parse(absl::string_view text);

  // Nothing for a family other than IPv4 and IPv6.
  static std::optional<IpAddress> FromSocketAddress(const sockaddr& address);

  bool IsV4() const;
  bool IsLoopback() const;

  // False for loopback, private, link-local, shared, multicast, unspecified and
  // reserved addresses, also when they are wrapped in NAT64 or 6to4.
  bool IsPublic() const;

  // As in a URL, but without brackets.
  std::string ToString() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  using Bytes = std::array<uint8_t, 16>;

  explicit IpAddress(const Bytes& bytes) : bytes_(bytes) {}
  static IpAddress FromV4(const uint8_t* four_bytes);

  Bytes bytes_;  // IPv4 in its mapped form.
};

}  // namespace klarna::http

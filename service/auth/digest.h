// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace klarna::auth {

// Hashes and their comparison; the only place that uses OpenSSL's digests. All
// functions are pure and thread-safe.

inline constexpr size_t kSha256Size = 32;

// The 32 bytes of SHA-256 over `data`.
std::string Sha256(std::string_view data);

// The 20 bytes of SHA-1 over `data`: for name-based UUIDs, never for security.
std::string Sha1(std::string_view data);

// The 32 bytes of HMAC-SHA-256 (RFC 2104) over `data`.
std::string HmacSha256(std::string_view key, std::string_view data);

// Whether the two are equal, in a time that depends on their lengths only.
bool ConstantTimeEquals(std::string_view a, std::string_view b);

// HexLower("\x01\xAB") = "01ab".
std::string HexLower(std::string_view bytes);

}  // namespace klarna::auth

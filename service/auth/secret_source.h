// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "service/auth/file_reader.h"
#include "service/auth/secret.h"

namespace klarna::auth {

// A secret is at most this long.
inline constexpr size_t kMaxSecretBytes = size_t{64} << 10;

// The value of an environment variable, if it is set. Not getenv itself, so
// that tests bring an environment of their own.
using EnvironmentLookup =
    std::function<std::optional<std::string>(const std::string& name)>;

// Both read a secret and take one newline (LF or CRLF) off its end, which
// editors add. Refused, because it is a damaged file far more often than a
// secret: nothing but the newline, more than kMaxSecretBytes, a NUL byte, a
// byte order mark. Errors hold neither the secret nor the name of its source,
// which may be a secret at the wrong place; callers say where they stand.
absl::StatusOr<Secret> SecretFromFile(const std::string& path,
                                      const FileReader& files);
absl::StatusOr<Secret> SecretFromEnvironment(
    const std::string& name, const EnvironmentLookup& environment);

}  // namespace klarna::auth

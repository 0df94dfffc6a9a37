// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/auth/secret.h"

namespace klarna::auth {

inline constexpr size_t kMaxTokenAnswer = size_t{64} << 10;

// Who gives out tokens, for errors.
struct TokenServer {
  absl::string_view name;    // "the shipping integrator"
  absl::string_view advice;  // What to check when it refuses.
};

// OK for a success. FAILED_PRECONDITION when the credentials were refused,
// UNAVAILABLE for all else.
absl::Status CheckTokenStatus(const TokenServer& server, int http_status);

// INTERNAL: the answer is not what it should be, without a part of it.
absl::Status BadTokenAnswer(const TokenServer& server, absl::string_view what);

// "Bearer " and the token, which is wiped. INTERNAL: it is empty, longer than 6
// KiB, or no header can carry it.
absl::StatusOr<Secret> BearerOf(const TokenServer& server, std::string& token);

}  // namespace klarna::auth

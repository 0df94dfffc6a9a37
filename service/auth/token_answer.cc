// SPDX-License-Identifier: Apache-2.0
#include "service/auth/token_answer.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace klarna::auth {
namespace {

// Klarna takes headers of 6 KB; servers commonly of 8.
constexpr size_t kMaxTokenBytes = size_t{6} << 10;

bool IsSuccess(int http_status) {
  return http_status >= 200 && http_status < 300 && http_status != 205 &&
         http_status != 206;
}

bool IsRejection(int http_status) {
  return http_status >= 400 && http_status < 500 && http_status != 408 &&
         http_status != 429;
}

// Whether the token can stand in a header as it is.
bool IsHeaderSafe(std::string_view token) {
  return std::all_of(token.begin(), token.end(),
                     [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace

absl::Status CheckTokenStatus(const TokenServer& server, int http_status) {
  if (IsSuccess(http_status)) return absl::OkStatus();
  if (IsRejection(http_status)) {
    return absl::FailedPreconditionError(
        absl::StrCat(server.name, " refused to give a token, HTTP ",
                     http_status, "; check ", server.advice));
  }
  return absl::UnavailableError(absl::StrCat(
      server.name, " answered HTTP ", http_status, " instead of a token"));
}

absl::Status BadTokenAnswer(const TokenServer& server, absl::string_view what) {
  return absl::InternalError(
      absl::StrCat("the token answer of ", server.name, " ", what));
}

absl::StatusOr<Secret> BearerOf(const TokenServer& server, std::string& token) {
  const Secret wiped = Secret::Take(token);
  if (wiped.empty()) return BadTokenAnswer(server, "has no token");
  if (wiped.Reveal().size() > kMaxTokenBytes || !IsHeaderSafe(wiped.Reveal())) {
    return BadTokenAnswer(server, "has a token that no header can carry");
  }
  std::string authorization = "Bearer ";
  authorization += wiped.Reveal();
  return Secret::Take(authorization);
}

}  // namespace klarna::auth

// SPDX-License-Identifier: Apache-2.0
//
// How long an upstream asks to wait before the next attempt.
//
//   Retry-After: 7                               ->   7 s
//   Retry-After: Sun, 06 Nov 1994 08:49:37 GMT   ->   until then; 0 if it is
//   past X-Ratelimit-Reset: 3                         ->   3 s
//
// Never more than a minute. What is neither whole seconds nor such a date
// counts as absent; without a Retry-After the rate limit's reset counts.
// Thread-safe.
#pragma once

#include <optional>

#include "absl/time/time.h"
#include "service/http/transport.h"

namespace klarna::rest {

// `now` is the wall clock when the answer came. Nothing: it does not ask.
std::optional<absl::Duration> RetryHint(const http::Headers& headers,
                                        absl::Time now);

// The hint, or `fallback`.
absl::Duration RetryDelay(const http::Headers& headers, absl::Time now,
                          absl::Duration fallback);

}  // namespace klarna::rest

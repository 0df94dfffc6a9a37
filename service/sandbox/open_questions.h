// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/time/time.h"

namespace klarna::sandbox {

// What is not known of Klarna, and which side the sandbox plays. As it is made,
// the kinder one of each; see "What is not known of Klarna" in the README.
struct OpenQuestions {
  // Reads of orders, captures and refunds show what was this long ago.
  absl::Duration read_lag = absl::ZeroDuration();
  // An authorization token that became an order is unknown (404) to a second
  // attempt, instead of answering with that order.
  bool placed_token_is_unknown = false;
  // A second request with an idempotency key is refused (409) as long as the
  // first one is under way, which is for the latency, instead of being answered
  // like the first.
  bool busy_key_conflicts = false;
  // What is above the rate limit is executed, though it is answered 429.
  bool rate_limited_is_executed = false;
};

}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "absl/time/time.h"
#include "service/sandbox/api_description.h"
#include "service/sandbox/message.h"
#include "service/sandbox/options.h"

namespace klarna::sandbox {

// The merchant's requests per second and category, as Klarna publishes them:
// whole seconds, each category with its own quota. Not thread-safe.
class RateLimiter {
 public:
  explicit RateLimiter(RateLimits limits) : limits_(limits) {}

  struct Decision {
    bool admitted = true;
    // X-Ratelimit-...; empty where limits are off.
    std::vector<Header> headers;
  };
  Decision Admit(Quota quota, absl::Time now);

  // What Klarna's edge answers above the limit: no body, no content type, no
  // correlation id and no Retry-After.
  static Answer Refusal(std::vector<Header> headers);

 private:
  struct Window {
    int64_t second = -1;
    int used = 0;
  };

  RateLimits limits_;
  std::array<Window, 4> windows_;
};

}  // namespace klarna::sandbox

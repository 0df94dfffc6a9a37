// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/rate_limiter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace klarna::sandbox {
namespace {

int LimitOf(RateLimits limits, Quota quota) {
  if (limits == RateLimits::kLive) return quota == Quota::kOther ? 200 : 40;
  return quota == Quota::kOther ? 50 : 5;
}

}  // namespace

RateLimiter::Decision RateLimiter::Admit(Quota quota, absl::Time now) {
  if (limits_ == RateLimits::kOff) return {};
  const int limit = LimitOf(limits_, quota);
  Window& window = windows_[static_cast<size_t>(quota)];
  const int64_t second = absl::ToUnixSeconds(now);
  if (window.second != second) window = {.second = second};
  Decision decision;
  decision.admitted = ++window.used <= limit;
  decision.headers = {
      {"x-ratelimit-limit", absl::StrCat(limit, ", ", limit, ";w=1")},
      {"x-ratelimit-remaining", absl::StrCat(std::max(limit - window.used, 0))},
      {"x-ratelimit-reset", "1"}};
  return decision;
}

Answer RateLimiter::Refusal(std::vector<Header> headers) {
  Answer answer;
  answer.status = 429;
  answer.headers = std::move(headers);
  answer.headers.push_back({"x-envoy-ratelimited", "true"});
  answer.headers.push_back({"Server", "envoy"});
  return answer;
}

}  // namespace klarna::sandbox

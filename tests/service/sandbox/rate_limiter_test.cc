// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/rate_limiter.h"

#include <gtest/gtest.h>

namespace klarna::sandbox {
namespace {

int AdmittedIn(RateLimits limits, Quota quota, absl::Time second) {
  RateLimiter limiter(limits);
  int admitted = 0;
  for (int i = 0; i < 1000; ++i) {
    admitted += limiter.Admit(quota, second).admitted ? 1 : 0;
  }
  return admitted;
}

TEST(RateLimiterTest, AdmitsWhatKlarnaPublishes) {
  const absl::Time now = absl::FromUnixSeconds(5);
  struct Case {
    RateLimits limits;
    Quota quota;
    int admitted;
  };
  for (const Case& c : {
           Case{RateLimits::kOff, Quota::kSessions, 1000},
           Case{RateLimits::kLive, Quota::kOther, 200},
           Case{RateLimits::kLive, Quota::kSessions, 40},
           Case{RateLimits::kLive, Quota::kTokens, 40},
           Case{RateLimits::kLive, Quota::kHostedPages, 40},
           Case{RateLimits::kPlayground, Quota::kOther, 50},
           Case{RateLimits::kPlayground, Quota::kSessions, 5},
       }) {
    EXPECT_EQ(AdmittedIn(c.limits, c.quota, now), c.admitted);
  }
}

TEST(RateLimiterTest, CategoriesDoNotShareAQuota) {
  RateLimiter limiter(RateLimits::kPlayground);
  const absl::Time now = absl::FromUnixSeconds(5);
  for (int i = 0; i < 6; ++i) limiter.Admit(Quota::kSessions, now);
  EXPECT_FALSE(limiter.Admit(Quota::kSessions, now).admitted);
  EXPECT_TRUE(limiter.Admit(Quota::kTokens, now).admitted);
}

TEST(RateLimiterTest, BeginsAnewEverySecond) {
  RateLimiter limiter(RateLimits::kPlayground);
  const absl::Time now = absl::FromUnixSeconds(5);
  for (int i = 0; i < 6; ++i) limiter.Admit(Quota::kSessions, now);
  EXPECT_FALSE(
      limiter.Admit(Quota::kSessions, now + absl::Milliseconds(999)).admitted);
  EXPECT_TRUE(limiter.Admit(Quota::kSessions, now + absl::Seconds(1)).admitted);
}

}  // namespace
}  // namespace klarna::sandbox

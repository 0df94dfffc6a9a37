// SPDX-License-Identifier: Apache-2.0
#include "service/runtime/system_clock.h"

#include <gtest/gtest.h>

#include <set>

namespace klarna::runtime {
namespace {

TEST(SystemClockTest, NowNeverGoesBack) {
  SystemClock clock;
  Instant last = clock.Now();
  for (int i = 0; i < 10'000; ++i) {
    const Instant now = clock.Now();
    ASSERT_GE(now, last);
    last = now;
  }
  EXPECT_GT(last, absl::ZeroDuration());
}

TEST(SystemRandomTest, DoesNotRepeatItself) {
  SystemRandom random;
  std::set<uint64_t> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(random.Next());
  EXPECT_EQ(seen.size(), 10'000u);
}

}  // namespace
}  // namespace klarna::runtime

// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/manual_executor.h"

#include <gtest/gtest.h>

#include <string>

namespace klarna::testing {
namespace {

TEST(ManualExecutorTest, TimeStandsStillUntilAdvanced) {
  ManualExecutor executor;
  std::string order;
  executor.RunAfter(absl::Seconds(2), [&] { order += 'b'; });
  executor.Post([&] { order += 'a'; });
  EXPECT_EQ(executor.RunUntilIdle(), 1u);
  EXPECT_EQ(executor.Advance(absl::Seconds(1)), 0u);
  EXPECT_EQ(executor.Advance(absl::Seconds(1)), 1u);
  EXPECT_EQ(order, "ab");
}

TEST(ManualExecutorTest, EachTimerSeesTheInstantItIsDue) {
  ManualExecutor executor;
  const runtime::Instant start = executor.clock().Now();
  std::string order;
  executor.RunAfter(absl::Seconds(1), [&] {
    EXPECT_EQ(executor.clock().Now() - start, absl::Seconds(1));
    executor.RunAfter(absl::Seconds(1), [&] {
      EXPECT_EQ(executor.clock().Now() - start, absl::Seconds(2));
      order += 'b';
    });
    executor.Post([&] { order += 'a'; });
  });
  executor.RunAfter(absl::Seconds(3), [&] { order += 'c'; });
  executor.Advance(absl::Minutes(1));
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(executor.clock().Now() - start, absl::Minutes(1));
}

TEST(ManualExecutorTest, JumpsFromTimerToTimer) {
  ManualExecutor executor;
  int fired = 0;
  executor.RunAfter(absl::Hours(1), [&] { ++fired; });
  executor.RunAfter(absl::Hours(2), [&] { ++fired; });
  EXPECT_TRUE(executor.AdvanceToNextTimer());
  EXPECT_EQ(fired, 1);
  EXPECT_TRUE(executor.AdvanceToNextTimer());
  EXPECT_FALSE(executor.AdvanceToNextTimer());
  EXPECT_EQ(fired, 2);
}

TEST(ManualExecutorTest, WallClockMayJumpAlone) {
  ManualExecutor executor;
  const runtime::Instant start = executor.clock().Now();
  executor.clock().SetWall(absl::UnixEpoch());
  EXPECT_EQ(executor.clock().Now(), start);
  EXPECT_EQ(executor.clock().WallNow(), absl::UnixEpoch());
}

}  // namespace
}  // namespace klarna::testing

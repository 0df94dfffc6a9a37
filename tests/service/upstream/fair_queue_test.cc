// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/fair_queue.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace klarna::upstream {
namespace {

TEST(FairQueueTest, OneAccountIsServedInTheOrderOfItsCalls) {
  FairQueue queue;
  for (uint64_t number = 1; number <= 3; ++number) {
    EXPECT_TRUE(queue.Join("shop", number));
  }
  EXPECT_EQ(queue.Ahead("shop", 1), 0u);
  EXPECT_EQ(queue.Ahead("shop", 3), 2u);
  queue.Serve("shop", 1);
  EXPECT_EQ(queue.Ahead("shop", 3), 1u);
  EXPECT_EQ(queue.size(), 2u);
}

TEST(FairQueueTest, AccountsTakeTurns) {
  FairQueue queue;
  for (uint64_t number = 1; number <= 100; ++number) queue.Join("loud", number);
  queue.Join("quiet", 101);
  queue.Join("quiet", 102);
  EXPECT_EQ(queue.Ahead("quiet", 101), 1u);
  EXPECT_EQ(queue.Ahead("quiet", 102), 3u);
  EXPECT_EQ(queue.Ahead("loud", 2), 2u);
  EXPECT_EQ(queue.Ahead("loud", 100), 101u);
  queue.Serve("loud", 1);
  EXPECT_EQ(queue.Ahead("quiet", 101), 0u);
  EXPECT_EQ(queue.Ahead("loud", 2), 1u);
}

TEST(FairQueueTest, EveryPlaceIsItsOwn) {
  FairQueue queue;
  uint64_t number = 0;
  for (const int calls : {5, 1, 3}) {
    const std::string account = "account" + std::to_string(calls);
    for (int i = 0; i < calls; ++i) queue.Join(account, ++number);
  }
  std::set<size_t> places;
  for (uint64_t call = 1; call <= number; ++call) {
    const char* account = call <= 5   ? "account5"
                          : call == 6 ? "account1"
                                      : "account3";
    places.insert(queue.Ahead(account, call));
  }
  EXPECT_EQ(places.size(), number);
  EXPECT_EQ(*places.rbegin(), number - 1);
}

TEST(FairQueueTest, WhoLeavesIsNotWaitedFor) {
  FairQueue queue;
  queue.Join("a", 1);
  queue.Join("b", 2);
  queue.Join("b", 3);
  queue.Leave("b", 2);
  EXPECT_EQ(queue.Ahead("b", 3), 1u);
  queue.Leave("a", 1);
  EXPECT_EQ(queue.Ahead("b", 3), 0u);
  queue.Leave("b", 3);
  EXPECT_EQ(queue.size(), 0u);
}

TEST(FairQueueTest, WhoHasLeftCannotLeaveOrBeServedAgain) {
  FairQueue queue;
  queue.Join("a", 1);
  queue.Join("b", 2);
  queue.Serve("a", 1);
  queue.Leave("a", 1);
  queue.Serve("a", 1);
  queue.Leave("b", 3);
  EXPECT_EQ(queue.size(), 1u);
}

TEST(FairQueueTest, AnAccountThatFillsItLeavesRoomForOthers) {
  FairQueue queue;
  uint64_t number = 0;
  while (number < FairQueue::kMaxWaiting) {
    EXPECT_TRUE(queue.Join("loud", ++number));
  }
  EXPECT_FALSE(queue.Join("loud", ++number));
  EXPECT_TRUE(queue.Join("quiet", ++number));
}

}  // namespace
}  // namespace klarna::upstream

// SPDX-License-Identifier: Apache-2.0
#include "service/runtime/memory_return.h"

#include <gtest/gtest.h>

#include "tests/testing/manual_executor.h"

namespace klarna::runtime {
namespace {

class MemoryReturnTest : public ::testing::Test {
 protected:
  void Load(int load) {
    load_ = load;
    executor_.Advance(absl::Seconds(10));
  }

  testing::ManualExecutor executor_;
  int load_ = 0;
  int returns_ = 0;
  MemoryReturn memory_{executor_, [this] { return load_; },
                       [this] { ++returns_; }};
};

TEST_F(MemoryReturnTest, GivesBackOnceAfterEachPeak) {
  Load(10'000);
  EXPECT_EQ(returns_, 0);
  Load(5'000);
  EXPECT_EQ(returns_, 0);
  Load(4'999);
  EXPECT_EQ(returns_, 1);
  Load(4'999);
  EXPECT_EQ(returns_, 1);
  Load(0);
  EXPECT_EQ(returns_, 2);
  Load(0);
  EXPECT_EQ(returns_, 2);
}

TEST_F(MemoryReturnTest, LittleLoadIsNotWorthIt) {
  Load(99);
  Load(0);
  EXPECT_EQ(returns_, 0);
}

}  // namespace
}  // namespace klarna::runtime

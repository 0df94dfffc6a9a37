// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/past_orders.h"

#include <gtest/gtest.h>

namespace klarna::sandbox {
namespace {

const absl::Time kMade = absl::FromUnixSeconds(1000);

absl::Time After(int seconds) { return kMade + absl::Seconds(seconds); }

class PastOrdersTest : public ::testing::Test {
 protected:
  PastOrdersTest() {
    order_.id = "o";
    order_.created_at = kMade;
  }

  // Captures more at that time.
  void CaptureAt(int seconds) {
    past_.Keep(order_, After(seconds));
    ++order_.captured;
  }

  PastOrders past_;
  Order order_;
};

TEST_F(PastOrdersTest, AnOrderThatNeverChangedIsItself) {
  EXPECT_EQ(past_.At(order_, After(0)), &order_);
  EXPECT_EQ(past_.At(order_, After(100)), &order_);
}

TEST_F(PastOrdersTest, AnOrderIsNotThereBeforeItIsMade) {
  EXPECT_EQ(past_.At(order_, After(-1)), nullptr);
}

TEST_F(PastOrdersTest, ShowsWhatWasThen) {
  CaptureAt(10);
  CaptureAt(20);
  EXPECT_EQ(past_.At(order_, After(9))->captured, 0);
  EXPECT_EQ(past_.At(order_, After(10))->captured, 1);
  EXPECT_EQ(past_.At(order_, After(19))->captured, 1);
  EXPECT_EQ(past_.At(order_, After(20)), &order_);
}

TEST_F(PastOrdersTest, KnowsEachOrder) {
  CaptureAt(10);
  Order other;
  other.id = "p";
  other.created_at = kMade;
  EXPECT_EQ(past_.At(other, After(5)), &other);
}

TEST_F(PastOrdersTest, KeepsWhatTheLongestLagCanSee) {
  const int longest =
      static_cast<int>(absl::ToInt64Seconds(PastOrders::kLongestLag));
  CaptureAt(1);
  CaptureAt(longest);
  EXPECT_EQ(past_.At(order_, After(0))->captured, 0);
  CaptureAt(longest + 2);
  EXPECT_EQ(past_.At(order_, After(0))->captured, 1);
}

}  // namespace
}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#include "service/runtime/timer_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace klarna::runtime {
namespace {

class TimerQueueTest : public ::testing::Test {
 protected:
  Executor::TimerId Add(int second, char letter) {
    return timers_.Add(absl::Seconds(second),
                       [this, letter] { fired_ += letter; });
  }
  std::string Fire(int second) {
    fired_.clear();
    while (auto task = timers_.PopDue(absl::Seconds(second))) (*task)();
    return fired_;
  }

  TimerQueue timers_;
  std::string fired_;
};

TEST_F(TimerQueueTest, FiresInTheOrderDue) {
  Add(3, 'c');
  Add(1, 'a');
  Add(2, 'b');
  EXPECT_EQ(Fire(3), "abc");
}

TEST_F(TimerQueueTest, FiresTimersOfOneInstantInTheOrderAdded) {
  for (char letter : std::string("abcdefgh")) Add(1, letter);
  EXPECT_EQ(Fire(1), "abcdefgh");
}

TEST_F(TimerQueueTest, KeepsWhatIsNotDue) {
  Add(1, 'a');
  Add(2, 'b');
  EXPECT_EQ(Fire(1), "a");
  EXPECT_EQ(timers_.NextDue(), absl::Seconds(2));
  EXPECT_EQ(Fire(2), "b");
  EXPECT_EQ(timers_.NextDue(), std::nullopt);
}

TEST_F(TimerQueueTest, CancelledTimerDoesNotFire) {
  Add(1, 'a');
  const Executor::TimerId id = Add(2, 'b');
  timers_.Cancel(id);
  EXPECT_EQ(Fire(9), "a");
}

TEST_F(TimerQueueTest, IgnoresIdsThatHaveFiredOrBeenCancelled) {
  const Executor::TimerId id = Add(1, 'a');
  Fire(1);
  Add(2, 'b');
  timers_.Cancel(id);
  timers_.Cancel(id);
  timers_.Cancel(12345);
  EXPECT_EQ(Fire(2), "b");
}

TEST_F(TimerQueueTest, CancelDestroysTheTaskAtOnce) {
  auto held = std::make_shared<int>(1);
  const Executor::TimerId id = timers_.Add(absl::Seconds(1), [held] {});
  EXPECT_EQ(held.use_count(), 2);
  timers_.Cancel(id);
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(TimerQueueTest, DestructionOfATaskMayCancelAnother) {
  struct CancelsAnother {
    TimerQueue& timers;
    Executor::TimerId other;
    ~CancelsAnother() { timers.Cancel(other); }
  };
  const Executor::TimerId other = Add(1, 'a');
  auto canceller =
      std::make_unique<CancelsAnother>(CancelsAnother{timers_, other});
  const Executor::TimerId id =
      timers_.Add(absl::Seconds(1), [held = std::move(canceller)] {});
  timers_.Cancel(id);
  EXPECT_EQ(Fire(1), "");
}

}  // namespace
}  // namespace klarna::runtime

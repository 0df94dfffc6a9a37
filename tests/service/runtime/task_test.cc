// SPDX-License-Identifier: Apache-2.0
#include "service/runtime/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "tests/testing/manual_executor.h"

namespace klarna::runtime {
namespace {

using testing::ManualExecutor;

// Writes a letter when it begins to exist and the capital when it ends.
class Trace {
 public:
  Trace(char letter, std::string& log) : letter_(letter), log_(log) {
    log_ += letter_;
  }
  ~Trace() { log_ += static_cast<char>(letter_ - 'a' + 'A'); }
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

 private:
  const char letter_;
  std::string& log_;
};

template <typename T>
Task<void> Store(Task<T> task, std::optional<T>& result) {
  result = co_await std::move(task);
}

Task<int> Answer(int value, std::string* log = nullptr) {
  if (log != nullptr) *log += 'x';
  co_return value;
}

TEST(TaskTest, StartsWhenItIsAwaited) {
  std::string log;
  std::optional<int> result;
  Task<int> answer = Answer(42, &log);
  EXPECT_EQ(log, "");
  Task<void> store = Store(std::move(answer), result);
  EXPECT_EQ(log, "");
  store.Start();
  EXPECT_EQ(log, "x");
  EXPECT_EQ(result, 42);
  EXPECT_TRUE(store.done());
}

TEST(TaskTest, NeverStartsWhenItIsDropped) {
  std::string log;
  { const Task<int> answer = Answer(42, &log); }
  EXPECT_EQ(log, "");
}

Task<std::unique_ptr<int>> MakeUnique(int value) {
  co_return std::make_unique<int>(value);
}

TEST(TaskTest, ResultMayBeMoveOnly) {
  std::optional<std::unique_ptr<int>> result;
  Store(MakeUnique(7), result).Start();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(**result, 7);
}

Task<int> Sum(int from, int to) {
  int sum = 0;
  for (int i = from; i <= to; ++i) sum += co_await Answer(i);
  co_return sum;
}

TEST(TaskTest, AwaitsOneTaskAfterTheOther) {
  std::optional<int> result;
  Store(Sum(1, 100), result).Start();
  EXPECT_EQ(result, 5050);
}

Task<std::string> WaitFor(OneShot<std::string>& event, std::string& log,
                          char letter) {
  const Trace trace(letter, log);
  std::string text = co_await event;
  log += '!';
  co_return text;
}

Task<std::string> Between(OneShot<std::string>& event, std::string& log) {
  const Trace trace('b', log);
  co_return co_await WaitFor(event, log, 'c') + "?";
}

TEST(TaskTest, GoesOnWhenTheEventComes) {
  std::string log;
  OneShot<std::string> event;
  std::optional<std::string> result;
  Task<void> task = Store(Between(event, log), result);
  task.Start();
  EXPECT_EQ(log, "bc");
  EXPECT_FALSE(task.done());
  event.Set("text");
  EXPECT_TRUE(task.done()) << "Set resumes before it returns";
  EXPECT_EQ(result, "text?");
  EXPECT_EQ(log, "bc!CB");
}

TEST(TaskTest, DestroyingItDestroysWhatItAwaits) {
  std::string log;
  OneShot<std::string> event;
  std::optional<std::string> result;
  {
    Task<void> task = Store(Between(event, log), result);
    task.Start();
    EXPECT_EQ(log, "bc");
  }
  EXPECT_EQ(log, "bcCB");
  EXPECT_FALSE(result.has_value());
}

TEST(TaskTest, AssignmentDestroysTheTaskBefore) {
  std::string log;
  OneShot<std::string> event;
  Task<std::string> task = WaitFor(event, log, 'a');
  task.Start();
  task = WaitFor(event, log, 'b');
  EXPECT_EQ(log, "aA");
  EXPECT_TRUE(task);
  task.Reset();
  EXPECT_FALSE(task);
  task.Reset();
}

Task<void> AwaitStarted(Task<std::string>& task, std::string& result) {
  result = co_await task;
}

TEST(TaskTest, StartedTaskCanBeAwaitedWhenItIsDone) {
  std::string log;
  OneShot<std::string> event;
  Task<std::string> task = WaitFor(event, log, 'a');
  task.Start();
  event.Set("early");
  ASSERT_TRUE(task.done());
  std::string result;
  AwaitStarted(task, result).Start();
  EXPECT_EQ(result, "early");
}

TEST(TaskTest, StartedTaskCanBeAwaitedBeforeItIsDone) {
  std::string log;
  OneShot<std::string> event;
  Task<std::string> task = WaitFor(event, log, 'a');
  task.Start();
  std::string result;
  Task<void> waiter = AwaitStarted(task, result);
  waiter.Start();
  EXPECT_EQ(result, "");
  event.Set("late");
  EXPECT_EQ(result, "late");
  EXPECT_TRUE(waiter.done());
}

TEST(OneShotTest, MayBeSetBeforeItIsAwaited) {
  std::string log;
  OneShot<std::string> event;
  EXPECT_FALSE(event.is_set());
  event.Set("early");
  EXPECT_TRUE(event.is_set());
  std::optional<std::string> result;
  Store(WaitFor(event, log, 'a'), result).Start();
  EXPECT_EQ(result, "early");
}

TEST(OneShotTest, CanBeUsedAgainAfterReset) {
  std::string log;
  OneShot<std::string> event;
  event.Set("first");
  event.Reset();
  EXPECT_FALSE(event.is_set());
  std::optional<std::string> result;
  Task<void> task = Store(WaitFor(event, log, 'a'), result);
  task.Start();
  EXPECT_FALSE(task.done());
  event.Set("second");
  EXPECT_EQ(result, "second");
}

TEST(SleepTest, WakesAfterTheDelay) {
  ManualExecutor executor;
  Task<void> sleep = Sleep(executor, absl::Seconds(3));
  sleep.Start();
  executor.Advance(absl::Seconds(3) - absl::Nanoseconds(1));
  EXPECT_FALSE(sleep.done());
  executor.Advance(absl::Nanoseconds(1));
  EXPECT_TRUE(sleep.done());
}

TEST(SleepTest, LeavesNoTimerWhenCancelled) {
  ManualExecutor executor;
  Task<void> sleep = Sleep(executor, absl::Seconds(3));
  sleep.Start();
  sleep.Reset();
  EXPECT_FALSE(executor.AdvanceToNextTimer());
}

TEST(ScopedTimerTest, RunsUnlessDestroyed) {
  ManualExecutor executor;
  std::string log;
  {
    const ScopedTimer early(executor, absl::Seconds(1), [&] { log += 'a'; });
    const ScopedTimer late(executor, absl::Seconds(2), [&] { log += 'b'; });
    executor.Advance(absl::Seconds(1));
  }
  executor.Advance(absl::Minutes(1));
  EXPECT_EQ(log, "a");
}

Detached RunDetached(OneShot<std::string>& event, std::string& log) {
  const Trace trace('d', log);
  log += co_await event;
}

TEST(DetachedTest, StartsAtOnceAndFreesItselfAtItsEnd) {
  std::string log;
  OneShot<std::string> event;
  RunDetached(event, log);
  EXPECT_EQ(log, "d");
  event.Set("!");
  EXPECT_EQ(log, "d!D");
}

}  // namespace
}  // namespace klarna::runtime

// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/manual_executor.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace klarna::testing {

runtime::Instant ManualClock::Now() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return now_;
}

absl::Time ManualClock::WallNow() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return wall_;
}

void ManualClock::Advance(absl::Duration duration) {
  const std::lock_guard<std::mutex> lock(mutex_);
  now_ += duration;
  wall_ += duration;
}

void ManualClock::SetWall(absl::Time wall) {
  const std::lock_guard<std::mutex> lock(mutex_);
  wall_ = wall;
}

void ManualExecutor::Post(Task task) {
  const std::lock_guard<std::mutex> lock(mutex_);
  posted_.push_back(std::move(task));
}

runtime::Executor::TimerId ManualExecutor::RunAfter(absl::Duration delay,
                                                    Task task) {
  return timers_.Add(clock_.Now() + std::max(delay, absl::ZeroDuration()),
                     std::move(task));
}

void ManualExecutor::Cancel(TimerId timer) { timers_.Cancel(timer); }

bool ManualExecutor::RunOne() {
  std::optional<Task> task;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!posted_.empty()) {
      task = std::move(posted_.front());
      posted_.pop_front();
    }
  }
  if (!task) task = timers_.PopDue(clock_.Now());
  if (!task) return false;
  (*task)();
  return true;
}

size_t ManualExecutor::RunUntilIdle() {
  size_t count = 0;
  while (RunOne()) ++count;
  return count;
}

size_t ManualExecutor::Advance(absl::Duration duration) {
  const runtime::Instant end = clock_.Now() + duration;
  size_t count = RunUntilIdle();
  for (std::optional<runtime::Instant> due = timers_.NextDue();
       due && *due <= end; due = timers_.NextDue()) {
    clock_.Advance(*due - clock_.Now());
    count += RunUntilIdle();
  }
  clock_.Advance(end - clock_.Now());
  return count;
}

bool ManualExecutor::AdvanceToNextTimer() {
  RunUntilIdle();
  const std::optional<runtime::Instant> due = timers_.NextDue();
  if (!due) return false;
  Advance(*due - clock_.Now());
  return true;
}

}  // namespace klarna::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "service/runtime/clock.h"
#include "service/runtime/executor.h"
#include "service/runtime/timer_queue.h"

namespace klarna::testing {

// A clock that stands still until it is moved.
class ManualClock final : public runtime::Clock {
 public:
  runtime::Instant Now() const override;
  absl::Time WallNow() const override;

  // Moves both clocks forward.
  void Advance(absl::Duration duration);

  // Moves the wall clock alone, in either direction.
  void SetWall(absl::Time wall);

 private:
  mutable std::mutex mutex_;
  runtime::Instant now_ ABSL_GUARDED_BY(mutex_) = absl::ZeroDuration();
  absl::Time wall_ ABSL_GUARDED_BY(mutex_) =
      absl::FromUnixSeconds(1'700'000'000);
};

// An executor that a test turns by hand, on a virtual clock.
//
//   ManualExecutor executor;
//   Retrier retrier(executor);      // Calls executor.RunAfter(2 s, ...).
//   executor.RunUntilIdle();        // Runs what is due now; time stands still.
//   executor.Advance(absl::Seconds(2));  // The timer fires in here.
//
// Post is thread-safe, as the interface says; all else belongs to the test's
// thread, which is the executor's own thread while it turns it.
class ManualExecutor final : public runtime::Executor {
 public:
  void Post(Task task) override;
  TimerId RunAfter(absl::Duration delay, Task task) override;
  void Cancel(TimerId timer) override;
  ManualClock& clock() override { return clock_; }

  // Runs what is posted and what is due, and what these post in turn, until
  // nothing is left to do at the present instant. Returns the number run.
  size_t RunUntilIdle();

  // RunUntilIdle at every instant of the next `duration` at which a timer is
  // due, and at its end. Returns the number run.
  size_t Advance(absl::Duration duration);

  // Moves to the next timer, however far, and runs until idle there. False if
  // there is no timer: nothing will happen any more.
  bool AdvanceToNextTimer();

 private:
  bool RunOne();

  ManualClock clock_;
  runtime::TimerQueue timers_;
  std::mutex mutex_;
  std::deque<Task> posted_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace klarna::testing

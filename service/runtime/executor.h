// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/runtime/clock.h"

namespace klarna::runtime {

// One thread's queue of work and its timers. All state of a call belongs to one
// executor and is touched by nothing else, so a call needs no lock.
//
//   executor.Post([call] { call->Begin(); });              // from any thread
//   TimerId id = executor.RunAfter(absl::Seconds(5), ...);  // on the executor
//
// Tasks run in the order they were posted; timers in the order they are due.
// The simulation implements this interface on a virtual clock.
class Executor {
 public:
  using Task = absl::AnyInvocable<void()>;
  using TimerId = uint64_t;  // Never 0.

  virtual ~Executor() = default;

  // Thread-safe. A task posted after the executor stopped is destroyed unrun.
  virtual void Post(Task task) = 0;

  // Only on the executor's own thread.
  virtual TimerId RunAfter(absl::Duration delay, Task task) = 0;

  // Only on the executor's own thread. The task of a cancelled timer does not
  // run; an id that has fired or been cancelled is ignored.
  virtual void Cancel(TimerId timer) = 0;

  virtual Clock& clock() = 0;
};

}  // namespace klarna::runtime

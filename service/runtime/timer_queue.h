// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "service/runtime/clock.h"
#include "service/runtime/executor.h"

namespace klarna::runtime {

// The timers of one executor, in the order they are due.
//
//   Executor::TimerId id = timers.Add(clock.Now() + absl::Seconds(5), task);
//   while (std::optional<Executor::Task> due = timers.PopDue(clock.Now())) {
//     (*due)();
//   }
//
// Timers due at the same instant come in the order they were added. Every
// operation is O(log n), and a cancelled timer is gone at once: time-outs are
// long and nearly always cancelled, so they must not pile up. Not thread-safe.
class TimerQueue {
 public:
  Executor::TimerId Add(Instant due, Executor::Task task);

  // Ignores an id that is not in the queue.
  void Cancel(Executor::TimerId id);

  // When the next timer is due; nothing if there is none.
  std::optional<Instant> NextDue() const;

  // Takes the next timer out if it is due at `now`.
  std::optional<Executor::Task> PopDue(Instant now);

 private:
  struct Timer {
    Instant due;
    Executor::Task task;
  };

  Executor::TimerId last_id_ = 0;
  absl::btree_set<std::pair<Instant, Executor::TimerId>> order_;
  absl::flat_hash_map<Executor::TimerId, Timer> timers_;
};

}  // namespace klarna::runtime

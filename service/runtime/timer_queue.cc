// SPDX-License-Identifier: Apache-2.0
#include "service/runtime/timer_queue.h"

#include <utility>

namespace klarna::runtime {

Executor::TimerId TimerQueue::Add(Instant due, Executor::Task task) {
  const Executor::TimerId id = ++last_id_;
  order_.emplace(due, id);
  timers_.emplace(id, Timer{due, std::move(task)});
  return id;
}

void TimerQueue::Cancel(Executor::TimerId id) {
  auto it = timers_.find(id);
  if (it == timers_.end()) return;
  // The task dies last: its destructor may well come back here.
  Timer cancelled = std::move(it->second);
  timers_.erase(it);
  order_.erase({cancelled.due, id});
}

std::optional<Instant> TimerQueue::NextDue() const {
  if (order_.empty()) return std::nullopt;
  return order_.begin()->first;
}

std::optional<Executor::Task> TimerQueue::PopDue(Instant now) {
  if (order_.empty() || order_.begin()->first > now) return std::nullopt;
  auto it = timers_.find(order_.begin()->second);
  Executor::Task task = std::move(it->second.task);
  timers_.erase(it);
  order_.erase(order_.begin());
  return task;
}

}  // namespace klarna::runtime

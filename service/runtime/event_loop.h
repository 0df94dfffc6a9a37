// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/runtime/clock.h"
#include "service/runtime/executor.h"
#include "service/runtime/timer_queue.h"

namespace klarna::runtime {

// An executor with a thread of its own that also waits for file descriptors.
//
//   absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Create(clock);
//   (*loop)->Start();
//   (*loop)->Post([&] { ... (*loop)->WatchFd(fd, EPOLLIN, on_ready); ... });
//   (*loop)->Stop();
//
// Post and Stop are thread-safe; all else is for tasks and callbacks of the
// loop itself, and for the owner's thread before Start and after Stop. Tasks,
// timers and descriptors take turns, so none starves the others. The thread
// takes no signals: those go to the threads of main, and a peer that hangs up
// raises no SIGPIPE.
class EventLoop final : public Executor {
 public:
  // Told which of EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP ... are up.
  using FdCallback = absl::AnyInvocable<void(uint32_t events)>;

  // `clock` must outlive the loop. RESOURCE_EXHAUSTED or INTERNAL when the
  // system has no more descriptors or memory to give.
  static absl::StatusOr<std::unique_ptr<EventLoop>> Create(Clock& clock);

  // Stops first.
  ~EventLoop() override;

  // Starts the thread. Once.
  void Start();

  // Runs what was posted before, then ends the thread and destroys unrun the
  // tasks and timers that are left. Must not be called by a task of the loop.
  void Stop();

  void Post(Task task) override;
  TimerId RunAfter(absl::Duration delay, Task task) override;
  void Cancel(TimerId timer) override;
  Clock& clock() override { return clock_; }

  // Calls `callback` for as long as one of `events` (EPOLLIN, EPOLLOUT) is up.
  // Replaces an earlier watch of the same descriptor. The callback may watch
  // and unwatch any descriptor, its own included.
  absl::Status WatchFd(int fd, uint32_t events, FdCallback callback);

  // No callback comes after this, not even for an event already fetched. To be
  // called before the descriptor is closed.
  void UnwatchFd(int fd);

 private:
  struct Watch {
    uint32_t generation;
    FdCallback callback;
  };

  EventLoop(Clock& clock, int epoll_fd, int wake_fd);

  void Run();
  void RunPosted();
  void RunTimers();
  // How long epoll may wait; from then until EndSleep a Post wakes the loop.
  int BeginSleep();
  void EndSleep();
  void WaitForEvents(int timeout_ms);
  void Dispatch(uint64_t key, uint32_t events);

  Clock& clock_;
  const int epoll_fd_;
  const int wake_fd_;
  std::thread thread_;

  // Of the loop's thread.
  TimerQueue timers_;
  std::vector<Task> batch_;
  absl::flat_hash_map<int, std::shared_ptr<Watch>> watches_;
  uint32_t generation_ = 0;
  bool stopping_ = false;

  // Not absl::Mutex: Debian builds abseil with deadlock detection, and without
  // what ThreadSanitizer needs to see.
  std::mutex mutex_;
  std::vector<Task> posted_ ABSL_GUARDED_BY(mutex_);
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace klarna::runtime

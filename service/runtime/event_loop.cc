// SPDX-License-Identifier: Apache-2.0
#include "service/runtime/event_loop.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace klarna::runtime {
namespace {

constexpr int kEventsPerWait = 256;
constexpr absl::Duration kLongestSleep = absl::Hours(1);

absl::Status SystemError(int error, absl::string_view what) {
  return absl::ErrnoToStatus(error, absl::StrCat("event loop: ", what));
}

// An event carries the generation of its watch beside the descriptor: the
// number of a closed descriptor is soon used again, and an event that was
// fetched for the old one must not reach the new one's callback.
uint64_t EventKey(int fd, uint32_t generation) {
  return uint64_t{generation} << 32 | static_cast<uint32_t>(fd);
}

// The signals that a fault of the thread itself raises stay deliverable.
void BlockSignals() {
  sigset_t signals;
  sigfillset(&signals);
  for (int own :
       {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGPROF}) {
    sigdelset(&signals, own);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::Create(Clock& clock) {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) return SystemError(errno, "epoll_create1");
  const int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0) {
    const int error = errno;
    close(epoll_fd);
    return SystemError(error, "eventfd");
  }
  std::unique_ptr<EventLoop> loop(new EventLoop(clock, epoll_fd, wake_fd));
  // Edge-triggered: every write is an event, so the counter is never read.
  epoll_event event = {.events = EPOLLIN | EPOLLET,
                       .data = {.u64 = EventKey(wake_fd, 0)}};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wake_fd, &event) < 0) {
    return SystemError(errno, "epoll_ctl of the wake-up descriptor");
  }
  return loop;
}

EventLoop::EventLoop(Clock& clock, int epoll_fd, int wake_fd)
    : clock_(clock), epoll_fd_(epoll_fd), wake_fd_(wake_fd) {}

EventLoop::~EventLoop() {
  Stop();
  close(wake_fd_);
  close(epoll_fd_);
}

void EventLoop::Start() {
  thread_ = std::thread([this] {
    BlockSignals();
    Run();
  });
}

void EventLoop::Stop() {
  if (thread_.joinable()) {
    Post([this] { stopping_ = true; });
    thread_.join();
  }
  std::vector<Task> unrun;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
    unrun.swap(posted_);
  }
  // What is destroyed here may come back to cancel a timer or unwatch a
  // descriptor, so the containers are emptied before their contents die.
  std::exchange(timers_, TimerQueue());
  std::exchange(watches_, {});
}

void EventLoop::Post(Task task) {
  bool wake;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopped_) return;
    posted_.push_back(std::move(task));
    wake = std::exchange(asleep_, false);
  }
  if (!wake) return;
  const uint64_t one = 1;
  // Fails only when the counter is full, and then the loop is awake already.
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof(one));
}

Executor::TimerId EventLoop::RunAfter(absl::Duration delay, Task task) {
  return timers_.Add(clock_.Now() + std::max(delay, absl::ZeroDuration()),
                     std::move(task));
}

void EventLoop::Cancel(TimerId timer) { timers_.Cancel(timer); }

absl::Status EventLoop::WatchFd(int fd, uint32_t events, FdCallback callback) {
  auto watch =
      std::make_shared<Watch>(Watch{++generation_, std::move(callback)});
  epoll_event event = {.events = events,
                       .data = {.u64 = EventKey(fd, watch->generation)}};
  const bool known = watches_.contains(fd);
  const int likely = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  const int other = known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  // The other one when the descriptor was closed, and perhaps opened again,
  // behind our back.
  if (epoll_ctl(epoll_fd_, likely, fd, &event) < 0 &&
      ((errno != ENOENT && errno != EEXIST) ||
       epoll_ctl(epoll_fd_, other, fd, &event) < 0)) {
    return SystemError(errno, "epoll_ctl of a descriptor");
  }
  watches_[fd].swap(watch);
  return absl::OkStatus();
}

void EventLoop::UnwatchFd(int fd) {
  auto watch = watches_.extract(fd);
  if (watch.empty()) return;
  // Fails when the descriptor is closed, which has ended the watch as well.
  epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
}

void EventLoop::Run() {
  while (!stopping_) {
    RunPosted();
    RunTimers();
    if (stopping_) return;
    WaitForEvents(BeginSleep());
  }
}

void EventLoop::RunPosted() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    batch_.swap(posted_);
  }
  for (Task& task : batch_) std::exchange(task, nullptr)();
  batch_.clear();
}

void EventLoop::RunTimers() {
  const Instant now = clock_.Now();
  while (std::optional<Task> due = timers_.PopDue(now)) (*due)();
}

int EventLoop::BeginSleep() {
  absl::Duration sleep = kLongestSleep;
  if (std::optional<Instant> due = timers_.NextDue()) {
    sleep = std::clamp(*due - clock_.Now(), absl::ZeroDuration(), sleep);
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!posted_.empty()) return 0;
  asleep_ = true;
  // Rounded up: a timer that is woken for too early would make the loop spin.
  return static_cast<int>(
      absl::ToInt64Milliseconds(absl::Ceil(sleep, absl::Milliseconds(1))));
}

void EventLoop::EndSleep() {
  const std::lock_guard<std::mutex> lock(mutex_);
  asleep_ = false;
}

void EventLoop::WaitForEvents(int timeout_ms) {
  std::array<epoll_event, kEventsPerWait> events;
  const int count =
      epoll_wait(epoll_fd_, events.data(), kEventsPerWait, timeout_ms);
  EndSleep();
  for (int i = 0; i < count; ++i) {
    Dispatch(events[i].data.u64, events[i].events);
  }
}

void EventLoop::Dispatch(uint64_t key, uint32_t events) {
  const int fd = static_cast<int>(static_cast<uint32_t>(key));
  auto it = watches_.find(fd);
  if (it == watches_.end() || it->second->generation != key >> 32) return;
  // The callback may end its own watch while it runs.
  const std::shared_ptr<Watch> watch = it->second;
  watch->callback(events);
}

}  // namespace klarna::runtime

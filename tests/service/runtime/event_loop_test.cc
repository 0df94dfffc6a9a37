// SPDX-License-Identifier: Apache-2.0
#include "service/runtime/event_loop.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "service/runtime/system_clock.h"
#include "tests/testing/notification.h"

namespace klarna::runtime {
namespace {

// Two connected sockets: what is written to `far` can be read from `near`.
struct SocketPair {
  SocketPair() {
    std::array<int, 2> fds;
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()),
              0);
    near = fds[0];
    far = fds[1];
  }
  ~SocketPair() {
    close(near);
    close(far);
  }
  void Send() { EXPECT_EQ(write(far, "x", 1), 1); }
  void Receive() {
    char byte;
    EXPECT_EQ(read(near, &byte, 1), 1);
  }

  int near;
  int far;
};

class EventLoopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto loop = EventLoop::Create(clock_);
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *std::move(loop);
  }

  void Watch(int fd, EventLoop::FdCallback callback) {
    EXPECT_TRUE(loop_->WatchFd(fd, EPOLLIN, std::move(callback)).ok());
  }

  // Runs `task` on the loop and waits for it.
  void RunOnLoop(Executor::Task task) {
    testing::Notification done;
    loop_->Post([&] {
      task();
      done.Notify();
    });
    done.Wait();
  }

  SystemClock clock_;
  std::unique_ptr<EventLoop> loop_;
};

TEST_F(EventLoopTest, RunsTasksInTheOrderPosted) {
  std::string order;
  for (char letter : std::string("abcdef")) {
    loop_->Post([&order, letter] { order += letter; });
  }
  loop_->Start();
  loop_->Stop();
  EXPECT_EQ(order, "abcdef");
}

TEST_F(EventLoopTest, RunsEveryTaskOfManyThreadsInEachThreadsOrder) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 5000;
  std::array<int, kThreads> next = {};
  int disorder = 0;
  loop_->Start();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTasks; ++i) {
        loop_->Post([&, t, i] { disorder += next[t]++ != i; });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  loop_->Stop();
  EXPECT_EQ(disorder, 0);
  for (int count : next) EXPECT_EQ(count, kTasks);
}

TEST_F(EventLoopTest, WakesFromItsSleepForEachTask) {
  loop_->Start();
  int count = 0;
  for (int i = 0; i < 1000; ++i) RunOnLoop([&] { ++count; });
  EXPECT_EQ(count, 1000);
}

TEST_F(EventLoopTest, TasksThatPostThemselvesDoNotStarveTimersAndDescriptors) {
  SocketPair pair;
  testing::Notification both;
  int seen = 0;
  std::atomic<bool> stop = false;
  std::function<void()> again = [&] {
    if (!stop) loop_->Post([&] { again(); });
  };
  loop_->Post([&] {
    again();
    auto saw = [&] {
      if (++seen == 2) both.Notify();
    };
    loop_->RunAfter(absl::Milliseconds(1), saw);
    Watch(pair.near, [&, saw](uint32_t) {
      loop_->UnwatchFd(pair.near);
      saw();
    });
  });
  pair.Send();
  loop_->Start();
  both.Wait();
  stop = true;
  loop_->Stop();
}

TEST_F(EventLoopTest, TimersFireInTheOrderDueAndNeverEarly) {
  std::string order;
  testing::Notification done;
  loop_->Start();
  const Instant start = clock_.Now();
  loop_->Post([&] {
    loop_->RunAfter(absl::Milliseconds(20), [&] {
      order += 'c';
      done.Notify();
    });
    loop_->RunAfter(absl::Milliseconds(10), [&] { order += 'b'; });
    loop_->RunAfter(-absl::Seconds(1), [&] { order += 'a'; });
  });
  done.Wait();
  EXPECT_GE(clock_.Now() - start, absl::Milliseconds(20));
  EXPECT_EQ(order, "abc");
}

TEST_F(EventLoopTest, CancelledTimerDoesNotFire) {
  bool fired = false;
  testing::Notification done;
  loop_->Start();
  loop_->Post([&] {
    const auto id =
        loop_->RunAfter(absl::Milliseconds(1), [&] { fired = true; });
    loop_->RunAfter(absl::Milliseconds(2), [&] { done.Notify(); });
    loop_->Cancel(id);
  });
  done.Wait();
  EXPECT_FALSE(fired);
}

TEST_F(EventLoopTest, CallsBackWhileADescriptorIsReady) {
  SocketPair pair;
  int calls = 0;
  testing::Notification done;
  loop_->Start();
  RunOnLoop([&] {
    Watch(pair.near, [&](uint32_t events) {
      EXPECT_TRUE(events & EPOLLIN);
      if (++calls < 3) return;  // Still unread: called again.
      pair.Receive();
      done.Notify();
    });
  });
  pair.Send();
  done.Wait();
  loop_->Stop();
  EXPECT_EQ(calls, 3);
}

TEST_F(EventLoopTest, AWatchReplacesTheEarlierOneOfItsDescriptor) {
  SocketPair pair;
  bool first = false;
  testing::Notification second;
  loop_->Start();
  RunOnLoop([&] {
    Watch(pair.near, [&](uint32_t) { first = true; });
    Watch(pair.near, [&](uint32_t) {
      pair.Receive();
      second.Notify();
    });
  });
  pair.Send();
  second.Wait();
  loop_->Stop();
  EXPECT_FALSE(first);
}

// Both are ready in one wait; whichever comes first ends the other's watch.
TEST_F(EventLoopTest, UnwatchDropsAnEventAlreadyFetched) {
  SocketPair a;
  SocketPair b;
  int calls = 0;
  a.Send();
  b.Send();
  Watch(a.near, [&](uint32_t) {
    ++calls;
    loop_->UnwatchFd(a.near);
    loop_->UnwatchFd(b.near);
  });
  Watch(b.near, [&](uint32_t) {
    ++calls;
    loop_->UnwatchFd(a.near);
    loop_->UnwatchFd(b.near);
  });
  loop_->Start();
  RunOnLoop([] {});
  RunOnLoop([] {});
  loop_->Stop();
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, AnEventOfAClosedDescriptorDoesNotReachItsSuccessor) {
  SocketPair a;
  SocketPair b;
  SocketPair silent;
  bool wrong = false;
  int calls = 0;
  // The one that runs first puts a silent socket in the other's number.
  auto replace = [&](SocketPair& self, SocketPair& other) {
    Watch(self.near, [&](uint32_t) {
      ++calls;
      loop_->UnwatchFd(self.near);
      loop_->UnwatchFd(other.near);
      EXPECT_EQ(dup2(silent.near, other.near), other.near);
      Watch(other.near, [&](uint32_t) { wrong = true; });
    });
  };
  replace(a, b);
  replace(b, a);
  a.Send();
  b.Send();
  loop_->Start();
  RunOnLoop([] {});
  RunOnLoop([] {});
  loop_->Stop();
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(wrong);
}

TEST_F(EventLoopTest, WatchOfABadDescriptorIsAnError) {
  EXPECT_FALSE(loop_->WatchFd(-1, EPOLLIN, [](uint32_t) {}).ok());
}

TEST_F(EventLoopTest, StopDestroysUnrunTimersAndLaterTasks) {
  auto held = std::make_shared<int>(1);
  bool ran = false;
  loop_->Start();
  RunOnLoop(
      [&] { loop_->RunAfter(absl::Hours(1), [held, &ran] { ran = true; }); });
  loop_->Stop();
  loop_->Post([held, &ran] { ran = true; });
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(ran);
}

TEST_F(EventLoopTest, StopsWithoutHavingStarted) {
  auto held = std::make_shared<int>(1);
  loop_->Post([held] {});
  loop_->Stop();
  loop_->Stop();
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(EventLoopTest, WritingToAHungUpPeerDoesNotKillTheProcess) {
  loop_->Start();
  RunOnLoop([] {
    SocketPair pair;
    shutdown(pair.far, SHUT_RDWR);
    EXPECT_EQ(write(pair.near, "x", 1), -1);
    EXPECT_EQ(errno, EPIPE);
  });
}

}  // namespace
}  // namespace klarna::runtime

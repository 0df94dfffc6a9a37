// SPDX-License-Identifier: Apache-2.0
#include "service/transform/worker_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/runtime/event_loop.h"
#include "service/runtime/system_clock.h"

namespace klarna::transform {
namespace {

using ::testing::HasSubstr;
using Result = absl::StatusOr<std::string>;

class SilentLog final : public observability::Log {
 public:
  bool Enabled(observability::Level) const override { return false; }
  void Write(observability::Level, std::string_view,
             observability::LogFields) override {}
};

class WorkerPoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    loop_ = *runtime::EventLoop::Create(clock_);
    loop_->Start();
  }
  // Before the handles that the loop's tasks own.
  void TearDown() override {
    loop_->Stop();
    pool_.reset();
  }

  void StartPool(std::vector<config::Transformer> transformers,
                 int runs_per_worker = 1000) {
    auto pool = WorkerPool::Start(std::move(transformers), clock_, log_,
                                  {.executable = KLARNA_WORKER_PROGRAM,
                                   .workers = 2,
                                   .runs_per_worker = runs_per_worker});
    ASSERT_TRUE(pool.ok()) << pool.status();
    pool_ = *std::move(pool);
  }

  // Begins a run on the loop, as a call does.
  std::future<Result> Begin(const std::string& name, const std::string& input) {
    auto promise = std::make_shared<std::promise<Result>>();
    loop_->Post([this, name, input, promise] {
      auto run = std::make_shared<std::unique_ptr<Transformers::Run>>();
      *run = pool_->Start(name, input, *loop_, [promise, run](Result result) {
        run->reset();
        promise->set_value(std::move(result));
      });
    });
    return promise->get_future();
  }

  Result RunOne(const std::string& name, const std::string& input) {
    return Begin(name, input).get();
  }

  runtime::SystemClock clock_;
  SilentLog log_;
  std::unique_ptr<runtime::EventLoop> loop_;
  std::unique_ptr<WorkerPool> pool_;
};

TEST_F(WorkerPoolTest, RunsTheTransformerThatIsNamed) {
  StartPool({{"next", ".n + 1"}, {"twice", ".n * 2"}});
  EXPECT_EQ(RunOne("next", R"({"n":20})").value_or(""), "21");
  EXPECT_EQ(RunOne("twice", R"({"n":20})").value_or(""), "40");
  EXPECT_EQ(RunOne("other", "{}").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(WorkerPoolTest, WithoutTransformersThereIsNothingToStart) {
  StartPool({});
  EXPECT_EQ(RunOne("any", "{}").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(WorkerPoolTest, AProgramThatDoesNotCompileStopsTheStart) {
  const auto pool =
      WorkerPool::Start({{"good", "."}, {"bad", ".a ="}}, clock_, log_,
                        {.executable = KLARNA_WORKER_PROGRAM});
  EXPECT_EQ(pool.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(pool.status().message()),
              HasSubstr("transformer bad: syntax error, unexpected $end at "
                        "<top-level>, line 1:\n.a ="));
}

TEST_F(WorkerPoolTest, ARunawayHoldsUpNobodyElse) {
  StartPool({{"runaway", "def f: f; f"}, {"good", ".n + 1"}});
  std::future<Result> first = Begin("runaway", "{}");
  std::future<Result> second = Begin("runaway", "{}");
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(RunOne("good", R"({"n":1})").value_or(""), "2");
  }
  EXPECT_NE(second.wait_for(std::chrono::seconds(0)),
            std::future_status::ready);
  const Result stopped = first.get();
  EXPECT_EQ(stopped.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(stopped.status().message()),
              HasSubstr("and was stopped"));
  // Stopped as well, or on a busy machine refused for having waited too long.
  EXPECT_FALSE(second.get().ok());
  EXPECT_EQ(RunOne("good", R"({"n":1})").value_or(""), "2");
}

// The last call of an old configuration ends on an event loop.
TEST_F(WorkerPoolTest, ItsEndWaitsForNoRunaway) {
  StartPool({{"runaway", "def f: f; f"}});
  auto runs =
      std::make_shared<std::vector<std::unique_ptr<Transformers::Run>>>();
  std::promise<void> begun;
  loop_->Post([&, runs] {
    for (int i = 0; i < 3; ++i) {
      runs->push_back(pool_->Start("runaway", "{}", *loop_, [](Result) {}));
    }
    begun.set_value();
  });
  begun.get_future().get();
  const runtime::Instant start = clock_.Now();
  pool_.reset();
  // Three runs would have three seconds of processor time.
  EXPECT_LT(clock_.Now() - start, absl::Seconds(2));
  loop_->Post([runs] { runs->clear(); });
}

TEST_F(WorkerPoolTest, WhatWaitsIsBounded) {
  StartPool({{"runaway", "def f: f; f"}, {"good", ".n"}});
  const std::string large =
      absl::StrCat("\"", std::string(size_t{3} << 20, 'x'), "\"");
  std::vector<std::future<Result>> runs;
  for (int i = 0; i < 10; ++i) runs.push_back(Begin("runaway", large));
  int busy = 0;
  for (std::future<Result>& run : runs) {
    const Result result = run.get();
    if (absl::IsResourceExhausted(result.status())) ++busy;
  }
  // One at work and five in 16 MiB, perhaps with one taken off meanwhile.
  EXPECT_GE(busy, 3);
  EXPECT_EQ(RunOne("good", R"({"n":1})").value_or(""), "1");
}

TEST_F(WorkerPoolTest, ADeadWorkerIsReplaced) {
  StartPool({{"bomb", "def f: . + . | f; \"xxxxxxxx\" | f"}, {"good", ".n"}});
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(RunOne("bomb", "{}").ok());
    EXPECT_EQ(RunOne("good", R"({"n":1})").value_or(""), "1");
  }
}

// The processes that threads of this one have started.
std::vector<pid_t> Children() {
  std::vector<pid_t> children;
  for (const auto& thread :
       std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream list(thread.path() / "children");
    for (pid_t child = 0; list >> child;) children.push_back(child);
  }
  return children;
}

TEST_F(WorkerPoolTest, AWorkerThatSomebodyKilledFailsNoCall) {
  StartPool({{"good", ".n"}});
  EXPECT_EQ(RunOne("good", R"({"n":1})").value_or(""), "1");
  const std::vector<pid_t> workers = Children();
  ASSERT_FALSE(workers.empty());
  for (const pid_t worker : workers) {
    ASSERT_EQ(kill(worker, SIGKILL), 0);
    // Until it is dead. The pool may have buried one that was starting.
    siginfo_t info = {};
    const int waited =
        waitid(P_PID, static_cast<id_t>(worker), &info, WEXITED | WNOWAIT);
    ASSERT_TRUE(waited == 0 || errno == ECHILD);
  }
  for (int i = 0; i < 4; ++i) {
    const Result result = RunOne("good", R"({"n":1})");
    EXPECT_TRUE(result.ok()) << result.status();
  }
}

TEST_F(WorkerPoolTest, AWorkerIsReplacedAfterItsNumberOfRuns) {
  StartPool({{"good", ".n"}}, /*runs_per_worker=*/2);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(RunOne("good", R"({"n":1})").value_or(""), "1");
  }
}

TEST_F(WorkerPoolTest, NothingComesToACallerThatLeft) {
  StartPool({{"runaway", "def f: f; f"}, {"good", ".n"}});
  std::atomic<bool> called = false;
  std::promise<void> left;
  loop_->Post([&] {
    auto run = pool_->Start("runaway", "{}", *loop_,
                            [&called](Result) { called = true; });
    run.reset();
    left.set_value();
  });
  left.get_future().get();
  // Behind the one that nobody waits for, in the same queue.
  EXPECT_FALSE(RunOne("runaway", "{}").ok());
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace klarna::transform

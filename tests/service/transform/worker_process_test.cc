// SPDX-License-Identifier: Apache-2.0
#include "service/transform/worker_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/runtime/system_clock.h"

namespace klarna::transform {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class WorkerProcessTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<WorkerProcess>> Start(
      const std::vector<std::string>& programs) {
    std::vector<config::Transformer> transformers;
    transformers.reserve(programs.size());
    for (const std::string& program : programs) {
      transformers.push_back({absl::StrCat("t", transformers.size()), program});
    }
    return WorkerProcess::Start(KLARNA_WORKER_PROGRAM, transformers, -1,
                                clock_);
  }

  // The result of one program over one document, in a worker of its own.
  std::string RunText(const std::string& program, const std::string& input) {
    auto worker = Start({program});
    if (!worker.ok()) return worker.status().ToString();
    const auto result = (*worker)->Run(0, input);
    return result.ok() ? *result : result.status().ToString();
  }

  runtime::SystemClock clock_;
};

TEST_F(WorkerProcessTest, EachProgramRunsByItsNumberAsOftenAsAsked) {
  auto worker = Start({".n + 1", ".n * 2"});
  ASSERT_TRUE(worker.ok()) << worker.status();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ((*worker)->Run(0, R"({"n":20})").value_or(""), "21");
    EXPECT_EQ((*worker)->Run(1, R"({"n":20})").value_or(""), "40");
  }
}

TEST_F(WorkerProcessTest, AProgramThatDoesNotCompileIsNamed) {
  const auto worker = Start({".", ".a = env.HOME"});
  EXPECT_EQ(worker.status().code(), kInvalid);
  EXPECT_EQ(worker.status().message(),
            "transformer t1: a transformer has no env");
}

TEST_F(WorkerProcessTest, AnErrorOfTheProgramLeavesTheWorkerAlive) {
  auto worker = Start({"error(\"why\")"});
  ASSERT_TRUE(worker.ok()) << worker.status();
  const absl::Status status = (*worker)->Run(0, "{}").status();
  EXPECT_EQ(status, absl::InvalidArgumentError("why"));
  EXPECT_FALSE((*worker)->Ended());
}

TEST_F(WorkerProcessTest, LargeDocumentsGoThroughUpToTheBound) {
  auto worker = Start({"."});
  ASSERT_TRUE(worker.ok()) << worker.status();
  const std::string large =
      absl::StrCat("\"", std::string(FrameSocket::kMaxText - 10, 'x'), "\"");
  EXPECT_EQ((*worker)->Run(0, large).value_or(""), large);
  const absl::Status status = (*worker)->Run(0, large + large).status();
  EXPECT_EQ(status, absl::InvalidArgumentError("the call has more than 4 MiB"));
}

TEST_F(WorkerProcessTest, AResultBeyondTheBoundIsAnError) {
  auto worker = Start({"[., .]"});
  ASSERT_TRUE(worker.ok()) << worker.status();
  const std::string large =
      absl::StrCat("\"", std::string(FrameSocket::kMaxText / 2, 'x'), "\"");
  const absl::Status status = (*worker)->Run(0, large).status();
  EXPECT_EQ(status,
            absl::InvalidArgumentError("the result has more than 4 MiB"));
  EXPECT_FALSE((*worker)->Ended());
}

TEST_F(WorkerProcessTest, ARunOverItsProcessorTimeIsStopped) {
  auto worker = Start({"def f: f; f"});
  ASSERT_TRUE(worker.ok()) << worker.status();
  const absl::Status status = (*worker)->Run(0, "{}").status();
  EXPECT_EQ(status.code(), kInvalid);
  // A busy machine may not give it a second of time in five.
  EXPECT_THAT(std::string(status.message()),
              AnyOf("took more than 1s of processor time and was stopped",
                    "did not end within 5s and was stopped"));
  EXPECT_TRUE((*worker)->Ended());
}

// A build with sanitizers does not bound memory, but then time runs out.
TEST_F(WorkerProcessTest, ARunOverItsMemoryIsStopped) {
  for (const char* bomb :
       {"def f: . + . | f; \"xxxxxxxx\" | f", "[range(100000000)]",
        "def f: 1 + f; f", "[limit(100000000; repeat({a:[1,2,3]}))]"}) {
    auto worker = Start({bomb});
    ASSERT_TRUE(worker.ok()) << worker.status();
    const absl::Status status = (*worker)->Run(0, "{}").status();
    EXPECT_EQ(status.code(), kInvalid) << bomb << ": " << status;
    EXPECT_THAT(
        std::string(status.message()),
        AnyOf(HasSubstr("needed more than 256 MiB of memory and was stopped"),
              HasSubstr("1s of processor time"), HasSubstr("5s")))
        << bomb;
    EXPECT_TRUE((*worker)->Ended());
  }
}

TEST_F(WorkerProcessTest, NothingOfTheSystemIsWithinReach) {
  setenv("KLARNA_CANARY", "canary-3141", 1);
  // Open in this process, and not told to close in others.
  const int open_file = open("/dev/null", O_RDONLY);
  ASSERT_GT(open_file, 2);
  EXPECT_EQ(RunText("$ ENV", "{}"), "{}");
  for (const char* file :
       {"import \"/etc/passwd\" as $p; .", "include \"/etc/hostname\"; ."}) {
    EXPECT_THAT(RunText(file, "{}"), HasSubstr("syntax error"));
  }
  close(open_file);
}

TEST_F(WorkerProcessTest, OneThatSomebodyKilledHasEnded) {
  auto worker = Start({"."});
  ASSERT_TRUE(worker.ok()) << worker.status();
  ASSERT_EQ(kill((*worker)->pid(), SIGKILL), 0);
  const absl::Status status = (*worker)->Run(0, "{}").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_TRUE((*worker)->Ended());
}

TEST_F(WorkerProcessTest, AProgramThatIsNotThereIsUnavailable) {
  const auto worker =
      WorkerProcess::Start("/nonexistent/program", {{"t", "."}}, -1, clock_);
  EXPECT_EQ(worker.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(worker.status().message()),
              HasSubstr("/nonexistent/program"));
}

TEST_F(WorkerProcessTest, AProgramThatIsNoWorkerIsUnavailable) {
  const auto worker =
      WorkerProcess::Start("/bin/true", {{"t", "."}}, -1, clock_);
  EXPECT_EQ(worker.status().code(), absl::StatusCode::kUnavailable)
      << worker.status();
}

}  // namespace
}  // namespace klarna::transform

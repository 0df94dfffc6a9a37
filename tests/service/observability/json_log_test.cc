// SPDX-License-Identifier: Apache-2.0
#include "service/observability/json_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <unistd.h>

#include <cmath>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"

namespace klarna::observability {
namespace {

static_assert(kMaxLogLine <= PIPE_BUF, "lines would mix in a pipe");

const absl::Time kTime = absl::FromUnixMillis(1772357400125);

class FixedClock final : public runtime::Clock {
 public:
  runtime::Instant Now() const override { return absl::ZeroDuration(); }
  absl::Time WallNow() const override { return kTime; }
};

// A reader of the log that can be stopped: the sink waits while it is.
class Reader {
 public:
  LogSink Sink() {
    return [this](std::string_view line) { return Take(line); };
  }

  void Stop() { Set(stopped_, true); }
  void GoOn() { Set(stopped_, false); }
  // While stopped the sink gives up waiting, as one does after its patience.
  void LosePatience() { Set(impatient_, true); }
  void Fail(bool failing) { Set(failing_, failing); }

  void AwaitStuck() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_; });
  }
  std::vector<std::string> AwaitLines(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return lines_.size() >= count; });
    return lines_;
  }
  std::vector<std::string> lines() {
    std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  void Set(bool& flag, bool value) {
    std::lock_guard lock(mutex_);
    flag = value;
    changed_.notify_all();
  }

  SinkResult Take(std::string_view line) {
    std::unique_lock lock(mutex_);
    if (failing_) return SinkResult::kFailed;
    waiting_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !stopped_ || impatient_; });
    waiting_ = false;
    if (stopped_) return SinkResult::kBusy;
    lines_.emplace_back(line);
    changed_.notify_all();
    return SinkResult::kWritten;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  bool impatient_ = false;
  bool failing_ = false;
  bool waiting_ = false;
  std::vector<std::string> lines_;
};

TEST(JsonLogLineTest, HoldsTimeLevelMessageAndFieldsInOrder) {
  EXPECT_EQ(JsonLogLine(kTime, Level::kInfo, "call finished",
                        {{"klarna_operation", "settlements.list_payouts"},
                         {"grpc_code", "OK"},
                         {"duration_ms", 12}}),
            "{\"ts\":\"2026-03-01T09:30:00.125Z\",\"level\":\"info\","
            "\"msg\":\"call finished\","
            "\"klarna_operation\":\"settlements.list_payouts\","
            "\"grpc_code\":\"OK\",\"duration_ms\":12}\n");
}

TEST(JsonLogLineTest, WritesEveryKindOfValue) {
  const auto field = [](LogValue value) {
    const std::string line =
        JsonLogLine(kTime, Level::kInfo, "", {{"v", value}});
    const size_t begin = line.find("\"v\":") + 4;
    return line.substr(begin, line.size() - begin - 2);
  };
  EXPECT_EQ(field(true), "true");
  EXPECT_EQ(field(false), "false");
  EXPECT_EQ(field(std::numeric_limits<int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(field(std::numeric_limits<uint64_t>::max()),
            "18446744073709551615");
  EXPECT_EQ(field(0.1), "0.1");
  EXPECT_EQ(field(std::nan("")), "null");
  EXPECT_EQ(field("a\"b"), "\"a\\\"b\"");
  EXPECT_EQ(field(JsonValue{R"({"a":[1]})"}), R"({"a":[1]})");
}

TEST(JsonLogLineTest, EscapesMessageAndNames) {
  const std::string line =
      JsonLogLine(kTime, Level::kWarn, "a\nb", {{"c\"d", 1}});
  EXPECT_NE(line.find(R"("msg":"a\nb","c\"d":1)"), std::string::npos) << line;
}

TEST(JsonLogLineTest, LeavesOutWhatDoesNotFitAndSaysSo) {
  std::string wide;
  for (int i = 0; i < 300; ++i) wide += "\xF0\x9F\x98\x80";
  const std::string line = JsonLogLine(
      kTime, Level::kInfo, wide, {{"kept", 1}, {"wide", wide}, {"after", 2}});
  EXPECT_LE(line.size(), kMaxLogLine);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["kept"], 1);
  EXPECT_FALSE(json.contains("wide"));
  EXPECT_EQ(json["cut"], true);
}

TEST(JsonLogLineTest, IsLongerWithJson) {
  const std::string json = "\"" + std::string(20000, 'x') + "\"";
  const std::string line =
      JsonLogLine(kTime, Level::kInfo, "",
                  {{"a", JsonValue{json}}, {"b", JsonValue{json}}, {"c", 1}});
  EXPECT_EQ(nlohmann::json::parse(line)["b"], std::string(20000, 'x'));
  EXPECT_EQ(nlohmann::json::parse(line)["c"], 1);

  const std::string huge = "\"" + std::string(kMaxJsonLogLine, 'x') + "\"";
  const std::string cut =
      JsonLogLine(kTime, Level::kInfo, "", {{"a", JsonValue{huge}}});
  EXPECT_EQ(nlohmann::json::parse(cut)["cut"], true);
}

TEST(JsonLogTest, WritesLinesInOrder) {
  FixedClock clock;
  Reader reader;
  {
    JsonLog log(clock, Level::kDebug, reader.Sink());
    for (int i = 0; i < 100; ++i) log.Info("line", {{"i", i}});
  }
  const std::vector<std::string> lines = reader.lines();
  ASSERT_EQ(lines.size(), 100u);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(nlohmann::json::parse(lines[i])["i"], i);
  }
}

TEST(JsonLogTest, LeavesOutLowerLevels) {
  FixedClock clock;
  Reader reader;
  {
    JsonLog log(clock, Level::kWarn, reader.Sink());
    EXPECT_FALSE(log.Enabled(Level::kInfo));
    EXPECT_TRUE(log.Enabled(Level::kWarn));
    log.Debug("no");
    log.Info("no");
    log.Warn("yes");
    log.Error("yes");
  }
  EXPECT_EQ(reader.lines().size(), 2u);
}

TEST(JsonLogTest, TheLevelMayChange) {
  FixedClock clock;
  Reader reader;
  {
    JsonLog log(clock, Level::kWarn, reader.Sink());
    log.Info("no");
    log.set_level(Level::kInfo);
    log.Info("yes");
  }
  EXPECT_EQ(reader.lines().size(), 1u);
}

TEST(JsonLogTest, DoesNotWaitForAStoppedReaderAndCountsWhatItDrops) {
  FixedClock clock;
  Reader reader;
  reader.Stop();
  const std::string text(200, 'x');
  JsonLog log(clock, Level::kInfo, reader.Sink());
  log.Info(text);
  reader.AwaitStuck();
  const size_t line_bytes = JsonLogLine(kTime, Level::kInfo, text, {}).size();
  // The line in the writer's hand counts, too.
  const size_t fitting = JsonLog::kQueueBytes / line_bytes;
  for (size_t i = 1; i < fitting + 10; ++i) log.Info(text);
  EXPECT_EQ(log.dropped(), 10u);

  reader.GoOn();
  const std::vector<std::string> lines = reader.AwaitLines(fitting + 1);
  // Behind the line that was stuck.
  const auto report = nlohmann::json::parse(lines[1]);
  EXPECT_EQ(report["msg"], "log lines dropped");
  EXPECT_EQ(report["lines"], 10);
}

TEST(JsonLogTest, ReportsDropsOnceTheSinkWorksAgain) {
  FixedClock clock;
  Reader reader;
  reader.Fail(true);
  {
    JsonLog log(clock, Level::kInfo, reader.Sink());
    log.Info("lost");
    while (log.dropped() == 0) std::this_thread::yield();
    reader.Fail(false);
    log.Info("kept");
  }
  const std::vector<std::string> lines = reader.lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(nlohmann::json::parse(lines[0])["msg"], "kept");
  EXPECT_EQ(nlohmann::json::parse(lines[1])["lines"], 1);
}

TEST(JsonLogTest, FlushWaitsUntilAllIsWrittenButNotForever) {
  FixedClock clock;
  Reader reader;
  JsonLog log(clock, Level::kInfo, reader.Sink());
  EXPECT_TRUE(log.Flush(absl::ZeroDuration()));
  for (int i = 0; i < 100; ++i) log.Info("line");
  EXPECT_TRUE(log.Flush(absl::Seconds(30)));
  EXPECT_EQ(reader.lines().size(), 100u);
  reader.Stop();
  log.Info("stuck");
  EXPECT_FALSE(log.Flush(absl::Milliseconds(10)));
  reader.GoOn();
}

TEST(JsonLogTest, EndsThoughNobodyReads) {
  FixedClock clock;
  Reader reader;
  reader.Stop();
  reader.LosePatience();
  {
    JsonLog log(clock, Level::kInfo, reader.Sink());
    for (int i = 0; i < 1000; ++i) log.Info("line");
  }
  EXPECT_TRUE(reader.lines().empty());
}

TEST(JsonLogTest, KeepsLinesOfManyThreadsWhole) {
  FixedClock clock;
  Reader reader;
  {
    JsonLog log(clock, Level::kInfo, reader.Sink());
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 250; ++i) log.Info("line", {{"i", i}});
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const std::vector<std::string> lines = reader.lines();
  EXPECT_EQ(lines.size(), 1000u);
  for (const std::string& line : lines) {
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  }
}

class DescriptorSinkTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe2(ends_, O_CLOEXEC), 0); }
  void TearDown() override {
    CloseReader();
    close(ends_[1]);
  }

  void CloseReader() {
    if (ends_[0] >= 0) close(ends_[0]);
    ends_[0] = -1;
  }

  std::string ReadSome() {
    char buffer[64 << 10];
    const ssize_t got = read(ends_[0], buffer, sizeof(buffer));
    return std::string(buffer, got < 0 ? 0 : static_cast<size_t>(got));
  }

  int ends_[2] = {-1, -1};
};

TEST_F(DescriptorSinkTest, WritesTheLine) {
  LogSink sink = DescriptorSink(ends_[1]);
  EXPECT_EQ(sink("one\n"), SinkResult::kWritten);
  EXPECT_EQ(sink("two\n"), SinkResult::kWritten);
  EXPECT_EQ(ReadSome(), "one\ntwo\n");
}

TEST_F(DescriptorSinkTest, IsBusyWhenThePipeIsFullAndGoesOnAfterwards) {
  LogSink sink = DescriptorSink(ends_[1]);
  const std::string line = std::string(kMaxLogLine - 1, 'x') + "\n";
  size_t written = 0;
  while (sink(line) == SinkResult::kWritten) ASSERT_LT(++written, 100000u);
  EXPECT_EQ(sink(line), SinkResult::kBusy);
  std::string read = ReadSome();
  EXPECT_EQ(sink("next\n"), SinkResult::kWritten);
  while (!read.ends_with("next\n")) read += ReadSome();
  EXPECT_EQ(read.size(), written * line.size() + 5);
}

// Writing it whole would wait for the reader.
TEST_F(DescriptorSinkTest, WritesALongLineAsFarAsThePipeTakesIt) {
  LogSink sink = DescriptorSink(ends_[1]);
  const std::string line = std::string(kMaxJsonLogLine - 1, 'x') + "\n";
  EXPECT_EQ(sink("first\n"), SinkResult::kWritten);
  EXPECT_EQ(sink(line), SinkResult::kFailed);
  EXPECT_EQ(ReadSome().substr(0, 6), "first\n");
  // Its rest does not swallow the next one.
  EXPECT_EQ(sink("next\n"), SinkResult::kWritten);
  EXPECT_EQ(ReadSome(), "\nnext\n");
}

TEST_F(DescriptorSinkTest, LogOutlivesAReaderThatWentAway) {
  CloseReader();
  FixedClock clock;
  JsonLog log(clock, Level::kInfo, DescriptorSink(ends_[1]));
  log.Info("nobody sees this");
  while (log.dropped() == 0) std::this_thread::yield();
  EXPECT_EQ(log.dropped(), 1u);
}

}  // namespace
}  // namespace klarna::observability

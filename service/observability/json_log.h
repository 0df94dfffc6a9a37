// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/observability/log.h"
#include "service/runtime/clock.h"

namespace klarna::observability {

// One line of the log, newline included, of at most kMaxLogLine bytes, or
// kMaxJsonLogLine when one of its values is JSON:
//
//   {"ts":"2026-03-01T09:30:00.125Z","level":"info","msg":"call finished",
//    "grpc_code":"OK","duration_ms":12}
//
// Every text is cut after 256 characters ("..." marks the cut) and escaped:
// control characters and what is not UTF-8 cannot reach a terminal. Fields that
// no longer fit the line are left out and `"cut":true` says so.
std::string JsonLogLine(absl::Time time, Level level, std::string_view message,
                        LogFields fields);

// A pipe takes so many bytes in one piece (PIPE_BUF), so lines of several
// threads or processes do not mix, and a pipe that is ready takes a line
// without blocking.
inline constexpr size_t kMaxLogLine = 4096;

// Such a line is written in pieces.
inline constexpr size_t kMaxJsonLogLine = 64 << 10;

enum class SinkResult {
  kWritten,
  kBusy,    // Nobody reads at present; the same line is offered again.
  kFailed,  // The line is lost.
};

// Takes one line. May wait a short while for a reader, called by one thread.
using LogSink = absl::AnyInvocable<SinkResult(std::string_view line)>;

// Writes lines to a file descriptor that stays open; kBusy when it takes
// nothing for 100 ms.
LogSink DescriptorSink(int descriptor);

// The log as JSON lines, written by a thread of its own.
//
//   runtime::SystemClock clock;
//   JsonLog log(clock, Level::kInfo, DescriptorSink(STDERR_FILENO));
//   log.Info("listening", {{"address", "0.0.0.0:50051"}});
//
// A reader that has stopped does not stop the service: lines wait in a queue of
// kQueueBytes, those that do not fit are dropped and counted, and the count is
// logged once lines flow again. Thread-safe.
class JsonLog final : public Log {
 public:
  static constexpr size_t kQueueBytes = size_t{1} << 20;

  JsonLog(runtime::Clock& clock, Level level, LogSink sink);

  // Writes what is queued, as far as the sink takes it without being busy.
  ~JsonLog() override;

  JsonLog(const JsonLog&) = delete;
  JsonLog& operator=(const JsonLog&) = delete;

  bool Enabled(Level level) const override { return level >= level_; }
  void set_level(Level level) { level_ = level; }
  void Write(Level level, std::string_view message, LogFields fields) override;

  // Waits until all that was logged is written, or lost. False if it is not
  // after `patience`.
  bool Flush(absl::Duration patience);

  // Lines lost so far, because the queue was full or the sink failed.
  uint64_t dropped() const { return dropped_; }

 private:
  void Run();
  // Offers the line until the sink takes or loses it; kBusy only at the end of
  // the log.
  SinkResult Deliver(std::string_view line);
  void ReportDrops();

  runtime::Clock& clock_;
  std::atomic<Level> level_;
  LogSink sink_;
  std::atomic<uint64_t> dropped_ = 0;
  uint64_t reported_drops_ = 0;  // Only on the writer's thread.

  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable written_;
  std::deque<std::string> queue_;
  size_t queued_bytes_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread writer_;
};

}  // namespace klarna::observability

// SPDX-License-Identifier: Apache-2.0
#include "service/observability/json_log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/observability/json_text.h"

namespace klarna::observability {
namespace {

constexpr int kPatienceMs = 100;
constexpr std::string_view kCutMark = ",\"cut\":true";
constexpr std::string_view kLineEnd = "}\n";

struct ValueAppender {
  std::string& line;

  void operator()(std::string_view text) const { AppendJsonText(text, line); }
  void operator()(JsonValue json) const { line += json.text; }
  void operator()(bool value) const { line += value ? "true" : "false"; }
  void operator()(int64_t value) const { absl::StrAppend(&line, value); }
  void operator()(uint64_t value) const { absl::StrAppend(&line, value); }
  void operator()(double value) const {
    if (!std::isfinite(value)) {
      line += "null";
      return;
    }
    char text[32];
    const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
    line.append(text, end);
  }
};

// Whether the descriptor takes bytes now, or does so within the patience.
bool AwaitWritable(int descriptor) {
  pollfd waiting{.fd = descriptor, .events = POLLOUT, .revents = 0};
  return poll(&waiting, 1, kPatienceMs) > 0;
}

SinkResult WriteLine(int descriptor, std::string_view line) {
  const size_t whole = line.size();
  while (!line.empty()) {
    if (!AwaitWritable(descriptor)) {
      // The rest of a line that has begun cannot be offered again as a line.
      return line.size() == whole ? SinkResult::kBusy : SinkResult::kFailed;
    }
    const ssize_t written =
        write(descriptor, line.data(), std::min(line.size(), kMaxLogLine));
    if (written >= 0) {
      line.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      return SinkResult::kFailed;
    }
  }
  return SinkResult::kWritten;
}

// The writer serves no signals: those of the process belong to the main thread,
// and a reader that is gone is seen as EPIPE.
void BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "error";
}

std::string JsonLogLine(absl::Time time, Level level, std::string_view message,
                        LogFields fields) {
  const bool has_json =
      std::any_of(fields.begin(), fields.end(), [](const LogField& field) {
        return std::holds_alternative<JsonValue>(field.value.value());
      });
  const size_t limit = has_json ? kMaxJsonLogLine : kMaxLogLine;
  std::string line;
  line.reserve(256);
  line += "{\"ts\":\"";
  line += absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
  line += "\",\"level\":\"";
  line += LevelName(level);
  line += "\",\"msg\":";
  AppendJsonText(message, line);
  for (const LogField& field : fields) {
    const size_t before = line.size();
    line += ',';
    AppendJsonText(field.name, line);
    line += ':';
    std::visit(ValueAppender{line}, field.value.value());
    if (line.size() + kCutMark.size() + kLineEnd.size() > limit) {
      line.resize(before);
      line += kCutMark;
      break;
    }
  }
  line += kLineEnd;
  return line;
}

LogSink DescriptorSink(int descriptor) {
  return [descriptor, torn = false](std::string_view line) mutable {
    // The rest of a line that was lost would swallow this one.
    if (torn) {
      const SinkResult ended = WriteLine(descriptor, "\n");
      if (ended != SinkResult::kWritten) return ended;
    }
    const SinkResult result = WriteLine(descriptor, line);
    torn = result == SinkResult::kFailed;
    return result;
  };
}

JsonLog::JsonLog(runtime::Clock& clock, Level level, LogSink sink)
    : clock_(clock),
      level_(level),
      sink_(std::move(sink)),
      writer_([this] { Run(); }) {}

JsonLog::~JsonLog() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  writer_.join();
}

void JsonLog::Write(Level level, std::string_view message, LogFields fields) {
  if (!Enabled(level)) return;
  std::string line = JsonLogLine(clock_.WallNow(), level, message, fields);
  {
    std::lock_guard lock(mutex_);
    if (queued_bytes_ + line.size() > kQueueBytes) {
      ++dropped_;
      return;
    }
    queued_bytes_ += line.size();
    queue_.push_back(std::move(line));
  }
  changed_.notify_one();
}

bool JsonLog::Flush(absl::Duration patience) {
  std::unique_lock lock(mutex_);
  return written_.wait_for(lock, absl::ToChronoMilliseconds(patience),
                           [this] { return queued_bytes_ == 0; });
}

void JsonLog::Run() {
  BlockSignals();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const std::string line = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    const SinkResult result = Deliver(line);
    if (result == SinkResult::kWritten) ReportDrops();
    lock.lock();
    queued_bytes_ -= line.size();
    if (queued_bytes_ == 0) written_.notify_all();
    if (result != SinkResult::kWritten) ++dropped_;
    if (result == SinkResult::kBusy) {
      dropped_ += queue_.size();
      return;
    }
  }
}

SinkResult JsonLog::Deliver(std::string_view line) {
  SinkResult result = sink_(line);
  while (result == SinkResult::kBusy && !stopping_) result = sink_(line);
  return result;
}

void JsonLog::ReportDrops() {
  const uint64_t dropped = dropped_;
  if (dropped == reported_drops_) return;
  const std::string line =
      JsonLogLine(clock_.WallNow(), Level::kWarn, "log lines dropped",
                  {{"lines", dropped - reported_drops_}});
  if (Deliver(line) == SinkResult::kWritten) reported_drops_ = dropped;
}

}  // namespace klarna::observability

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/config/config.h"
#include "service/runtime/clock.h"
#include "service/transform/frame_socket.h"

namespace klarna::transform {

// The gateway's end of a worker: a process that has its programs compiled and
// runs them one document at a time. It has an empty environment, and nothing
// open but the socket between the two. Blocks; not thread-safe.
//
//   auto worker = WorkerProcess::Start("/proc/self/exe", transformers,
//                                      clock);
//   absl::StatusOr<std::string> result = (*worker)->Run(0, document);
//   if ((*worker)->Ended()) worker = WorkerProcess::Start(...);
class WorkerProcess {
 public:
  // Longest that a run or a compilation may take, on whatever it waits.
  static constexpr absl::Duration kPatience = absl::Seconds(5);

  // `executable` enters RunWorker when its one argument is kWorkerArgument.
  // INVALID_ARGUMENT, naming the program, with jq's message for one that does
  // not compile; UNAVAILABLE when there is no process to be had. Whatever is
  // asked of it ends as CANCELLED, the worker killed, when `stop_fd` can be
  // read; -1: there is none.
  static absl::StatusOr<std::unique_ptr<WorkerProcess>> Start(
      const std::string& executable,
      const std::vector<config::Transformer>& transformers, int stop_fd,
      const runtime::Clock& clock);

  // Kills it.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  // INVALID_ARGUMENT with jq's message; or, saying which, with the bound that
  // the run did not keep, and then the worker is dead. UNAVAILABLE when
  // somebody else killed it.
  absl::StatusOr<std::string> Run(size_t transformer, std::string_view input);

  // Whether it is dead, by its own doing, by Run's or by anybody's.
  bool Ended();

  // Below 0 once it has ended.
  pid_t pid() const { return pid_; }

 private:
  WorkerProcess(int fd, pid_t pid, int stop_fd, const runtime::Clock& clock)
      : fd_(fd), pid_(pid), socket_(fd, stop_fd, clock), clock_(clock) {}

  absl::StatusOr<std::string> Ask(Frame::Kind kind, std::string_view text);
  // Kills it if it has not ended, and says how it did.
  absl::Status Bury(const absl::Status& why);

  const int fd_;
  pid_t pid_;
  FrameSocket socket_;
  const runtime::Clock& clock_;
};

}  // namespace klarna::transform

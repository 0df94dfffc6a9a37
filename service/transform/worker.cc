// SPDX-License-Identifier: Apache-2.0
#include "service/transform/worker.h"

#include <unistd.h>

#include <charconv>
#include <new>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "service/runtime/system_clock.h"
#include "service/transform/confinement.h"
#include "service/transform/frame_socket.h"
#include "service/transform/program.h"

namespace klarna::transform {
namespace {

[[noreturn]] void EndForWantOfMemory() { _exit(kOutOfMemoryExit); }

class Worker {
 public:
  // The result to be sent back, or the failure.
  absl::StatusOr<std::string> Serve(const Frame& frame) {
    switch (frame.kind) {
      case Frame::Kind::kProgram:
        return Add(frame.text);
      case Frame::Kind::kInput:
        return Run(frame.text);
      default:
        return absl::InternalError("not a request");
    }
  }

 private:
  absl::StatusOr<std::string> Add(const std::string& text) {
    absl::StatusOr<Program> program = Program::Compile(text);
    if (!program.ok()) return program.status();
    programs_.push_back(*std::move(program));
    return "";
  }

  absl::StatusOr<std::string> Run(std::string_view text) {
    size_t number = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc() || read.ptr == end ||
        number >= programs_.size()) {
      return absl::InternalError("no such program");
    }
    text.remove_prefix(static_cast<size_t>(read.ptr + 1 - text.data()));
    absl::StatusOr<std::string> result = programs_[number].Run(text);
    if (result.ok() && result->size() > FrameSocket::kMaxText) {
      return absl::InvalidArgumentError("the result has more than 4 MiB");
    }
    return result;
  }

  std::vector<Program> programs_;
};

std::string_view TextOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

absl::Status Reply(const absl::StatusOr<std::string>& result,
                   FrameSocket& socket) {
  if (result.ok()) {
    return socket.Write(Frame::Kind::kResult, *result,
                        absl::InfiniteDuration());
  }
  return socket.Write(Frame::Kind::kFailure, TextOf(result.status()),
                      absl::InfiniteDuration());
}

}  // namespace

int RunWorker() {
  const runtime::SystemClock clock;
  FrameSocket socket(STDIN_FILENO, /*stop_fd=*/-1, clock);
  std::set_new_handler(&EndForWantOfMemory);
  if (absl::Status status = ConfineThisProcess(); !status.ok()) {
    socket.Write(Frame::Kind::kBroken, TextOf(status), absl::InfiniteDuration())
        .IgnoreError();
    return 1;
  }
  Worker worker;
  for (;;) {
    const absl::StatusOr<Frame> frame = socket.Read(absl::InfiniteDuration());
    if (!frame.ok()) return 0;
    const ProcessorTimeLimit limit;
    if (!Reply(worker.Serve(*frame), socket).ok()) return 0;
  }
}

}  // namespace klarna::transform

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/runtime/clock.h"

namespace klarna::transform {

// What the gateway and a worker say to each other.
struct Frame {
  enum class Kind : char {
    // To the worker, which answers each with kResult or kFailure.
    kProgram = 'p',  // One more program; text: the program.
    kInput = 'i',    // To be run; text: program number, space, document.
    // From the worker.
    kResult = 'r',
    kFailure = 'f',  // Of the program; text: its message.
    kBroken = 'b',   // The worker cannot work; text: why. The last frame.
  };

  Kind kind = Kind::kResult;
  std::string text;
};

// Both ends of a stream socket between the gateway and a worker. Owns no
// descriptor. Not thread-safe.
class FrameSocket {
 public:
  static constexpr size_t kMaxText = size_t{4} << 20;

  // Waiting ends when `stop_fd` can be read; -1: there is none.
  FrameSocket(int fd, int stop_fd, const runtime::Clock& clock)
      : fd_(fd), stop_fd_(stop_fd), clock_(clock) {}

  // DEADLINE_EXCEEDED when it is not through by `deadline`, CANCELLED when it
  // is to stop, UNAVAILABLE when the other end is gone, DATA_LOSS for what is
  // no frame.
  absl::Status Write(Frame::Kind kind, std::string_view text,
                     runtime::Instant deadline);
  absl::StatusOr<Frame> Read(runtime::Instant deadline);

 private:
  absl::Status Wait(short events, runtime::Instant deadline);
  absl::Status WriteAll(const char* data, size_t size,
                        runtime::Instant deadline);
  absl::Status ReadAll(char* data, size_t size, runtime::Instant deadline);

  const int fd_;
  const int stop_fd_;
  const runtime::Clock& clock_;
};

}  // namespace klarna::transform

// SPDX-License-Identifier: Apache-2.0
#include "service/transform/frame_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace klarna::transform {
namespace {

// A frame is its kind, the length of its text as the machine has it, and the
// text: both ends are the same program.
constexpr size_t kHeaderBytes = 1 + sizeof(uint32_t);

bool MayTryAgain(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

absl::Status Gone() {
  return absl::UnavailableError("the other end has closed the connection");
}

}  // namespace

absl::Status FrameSocket::Write(Frame::Kind kind, std::string_view text,
                                runtime::Instant deadline) {
  char header[kHeaderBytes] = {static_cast<char>(kind)};
  const auto size = static_cast<uint32_t>(text.size());
  std::memcpy(header + 1, &size, sizeof(size));
  absl::Status status = WriteAll(header, kHeaderBytes, deadline);
  if (!status.ok()) return status;
  return WriteAll(text.data(), text.size(), deadline);
}

absl::StatusOr<Frame> FrameSocket::Read(runtime::Instant deadline) {
  char header[kHeaderBytes];
  absl::Status status = ReadAll(header, kHeaderBytes, deadline);
  if (!status.ok()) return status;
  uint32_t size = 0;
  std::memcpy(&size, header + 1, sizeof(size));
  if (size > kMaxText) {
    return absl::DataLossError("the other end sent no frame");
  }
  Frame frame{static_cast<Frame::Kind>(header[0]), std::string(size, '\0')};
  status = ReadAll(frame.text.data(), size, deadline);
  if (!status.ok()) return status;
  return frame;
}

absl::Status FrameSocket::Wait(short events, runtime::Instant deadline) {
  // poll passes over a descriptor below 0.
  pollfd watched[] = {{.fd = fd_, .events = events, .revents = 0},
                      {.fd = stop_fd_, .events = POLLIN, .revents = 0}};
  const absl::Duration left = deadline - clock_.Now();
  if (left <= absl::ZeroDuration()) {
    return absl::DeadlineExceededError("no answer in time");
  }
  const int timeout_ms =
      left == absl::InfiniteDuration()
          ? -1
          : static_cast<int>(absl::ToInt64Milliseconds(std::min(
                absl::Ceil(left, absl::Milliseconds(1)), absl::Hours(1))));
  if (poll(watched, 2, timeout_ms) < 0 && errno != EINTR) return Gone();
  if (watched[1].revents != 0) return absl::CancelledError("stopped");
  return absl::OkStatus();
}

absl::Status FrameSocket::WriteAll(const char* data, size_t size,
                                   runtime::Instant deadline) {
  while (size > 0) {
    const ssize_t written = send(fd_, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (written > 0) {
      data += written;
      size -= static_cast<size_t>(written);
    } else if (written < 0 && MayTryAgain(errno)) {
      absl::Status status = Wait(POLLOUT, deadline);
      if (!status.ok()) return status;
    } else {
      return Gone();
    }
  }
  return absl::OkStatus();
}

absl::Status FrameSocket::ReadAll(char* data, size_t size,
                                  runtime::Instant deadline) {
  while (size > 0) {
    const ssize_t got = recv(fd_, data, size, MSG_DONTWAIT);
    if (got > 0) {
      data += got;
      size -= static_cast<size_t>(got);
    } else if (got < 0 && MayTryAgain(errno)) {
      absl::Status status = Wait(POLLIN, deadline);
      if (!status.ok()) return status;
    } else {
      return Gone();
    }
  }
  return absl::OkStatus();
}

}  // namespace klarna::transform

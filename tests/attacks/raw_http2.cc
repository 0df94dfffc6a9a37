// SPDX-License-Identifier: Apache-2.0
#include "tests/attacks/raw_http2.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "absl/time/clock.h"

namespace klarna::testing {
namespace {

// An integer of HPACK with a prefix of 7 bits.
std::string HpackLength(size_t value) {
  std::string bytes;
  if (value < 127) return std::string(1, static_cast<char>(value));
  bytes += static_cast<char>(127);
  for (value -= 127; value >= 128; value /= 128) {
    bytes += static_cast<char>(value % 128 + 128);
  }
  bytes += static_cast<char>(value);
  return bytes;
}

// A literal that is not indexed.
std::string HpackHeader(std::string_view name, std::string_view value) {
  std::string bytes(1, '\0');
  for (const std::string_view text : {name, value}) {
    bytes += HpackLength(text.size());
    bytes += text;
  }
  return bytes;
}

}  // namespace

std::string MakeFrame(Http2Frame type, uint8_t flags, uint32_t stream,
                      std::string_view payload) {
  const auto byte = [](size_t value) { return static_cast<char>(value & 255); };
  const size_t size = payload.size();
  std::string frame = {
      byte(size >> 16),        byte(size >> 8),          byte(size),
      static_cast<char>(type), static_cast<char>(flags), byte(stream >> 24),
      byte(stream >> 16),      byte(stream >> 8),        byte(stream)};
  return frame.append(payload);
}

std::string GrpcHeaders(
    std::string_view path,
    const std::vector<std::pair<std::string, std::string>>& more) {
  std::string block =
      HpackHeader(":method", "POST") + HpackHeader(":scheme", "http") +
      HpackHeader(":path", path) + HpackHeader(":authority", "gateway") +
      HpackHeader("content-type", "application/grpc") +
      HpackHeader("te", "trailers");
  for (const auto& [name, value] : more) block += HpackHeader(name, value);
  return block;
}

std::string GrpcCall(uint32_t stream, std::string_view path,
                     std::string_view message) {
  std::string data(5, '\0');
  data[3] = static_cast<char>(message.size() >> 8);
  data[4] = static_cast<char>(message.size());
  data += message;
  return MakeFrame(Http2Frame::kHeaders, kEndHeaders, stream,
                   GrpcHeaders(path)) +
         MakeFrame(Http2Frame::kData, kEndStream, stream, data);
}

RawConnection::RawConnection(int port)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) !=
      0) {
    close(std::exchange(fd_, -1));
  }
}

RawConnection::~RawConnection() {
  if (fd_ >= 0) close(fd_);
}

bool RawConnection::Drain() {
  char buffer[65536];
  for (;;) {
    const ssize_t got = recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (got > 0) continue;
    return got < 0 && (errno == EAGAIN || errno == EINTR);
  }
}

bool RawConnection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (fd_ < 0 || !Drain()) return false;
    const ssize_t sent =
        send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
      continue;
    }
    if (errno != EAGAIN) return false;
    pollfd wait = {fd_, POLLOUT | POLLIN, 0};
    if (poll(&wait, 1, 2000) == 0) return false;
  }
  return true;
}

bool RawConnection::IsClosedWithin(absl::Duration patience) {
  const absl::Time end = absl::Now() + patience;
  while (fd_ >= 0 && Drain()) {
    const absl::Duration left = end - absl::Now();
    if (left <= absl::ZeroDuration()) return false;
    pollfd wait = {fd_, POLLIN, 0};
    poll(&wait, 1, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
  }
  return true;
}

}  // namespace klarna::testing

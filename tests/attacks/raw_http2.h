// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace klarna::testing {

enum class Http2Frame : uint8_t {
  kData = 0,
  kHeaders = 1,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kContinuation = 9,
};

// The bytes of one frame.
std::string MakeFrame(Http2Frame type, uint8_t flags, uint32_t stream,
                      std::string_view payload);

inline constexpr char kHttp2Preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
inline constexpr uint8_t kEndStream = 1;
inline constexpr uint8_t kAcknowledged = 1;
inline constexpr uint8_t kEndHeaders = 4;

// The header block of a gRPC call, and of further headers.
std::string GrpcHeaders(
    std::string_view path,
    const std::vector<std::pair<std::string, std::string>>& more = {});

// A gRPC call: its headers, and its message as the only one.
std::string GrpcCall(uint32_t stream, std::string_view path,
                     std::string_view message);

// A TCP connection to 127.0.0.1 that sends what a decent client never would.
class RawConnection {
 public:
  explicit RawConnection(int port);
  ~RawConnection();
  RawConnection(RawConnection&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)) {}
  RawConnection& operator=(RawConnection&&) = delete;

  // False once the peer has closed, or takes nothing for 2 seconds. What the
  // peer says meanwhile is thrown away.
  bool Send(std::string_view bytes);

  // Whether the peer closes within `patience`.
  bool IsClosedWithin(absl::Duration patience);

 private:
  // False when the peer has closed.
  bool Drain();

  int fd_;
};

}  // namespace klarna::testing

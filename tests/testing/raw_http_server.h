// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "tests/testing/test_certificate.h"

namespace klarna::testing {

// What a RawHttpServer does on one connection, step by step.
struct RawStep {
  enum class Kind {
    kReadRequest,  // Waits for a head and as many bytes as its Content-Length.
    kSend,         // Writes `bytes`, `times` times over.
    kTrickle,      // Writes `bytes` one by one, `pause` between them.
    kClose,        // Ends the connection in order.
    kReset,        // Ends it with RST.
    kHold,         // Waits until the peer closes.
  };
  Kind kind;
  std::string bytes = {};
  size_t times = 1;
  absl::Duration pause = {};
};

inline RawStep ReadRequest() { return {RawStep::Kind::kReadRequest}; }
inline RawStep Send(std::string bytes, size_t times = 1) {
  return {RawStep::Kind::kSend, std::move(bytes), times};
}
inline RawStep Trickle(std::string bytes, absl::Duration pause) {
  return {RawStep::Kind::kTrickle, std::move(bytes), 1, pause};
}
inline RawStep Close() { return {RawStep::Kind::kClose}; }
inline RawStep Reset() { return {RawStep::Kind::kReset}; }
inline RawStep Hold() { return {RawStep::Kind::kHold}; }

using RawScript = std::vector<RawStep>;

// An HTTP server of few manners: it answers with the very bytes of its script
// and records the very bytes it received, connection by connection.
//
//   RawHttpServer server({{ReadRequest(), Send("HTTP/1.1 204 N\r\n\r\n")}});
//   Fetch(server.Url("/orders"));
//   EXPECT_EQ(server.Received(0), "GET /orders HTTP/1.1\r\n...");
//
// The n-th connection runs the n-th script; one for which there is no script is
// recorded and closed. A connection is closed at the end of its script. Listens
// on 127.0.0.1 with a thread for each connection. Thread-safe.
class RawHttpServer {
 public:
  explicit RawHttpServer(std::vector<RawScript> scripts);
  // Speaks TLS.
  RawHttpServer(std::vector<RawScript> scripts,
                const TestCertificate& certificate);
  // Cuts all connections off.
  ~RawHttpServer();

  uint16_t port() const { return port_; }
  // http://127.0.0.1:PORT + path, or https.
  std::string Url(const std::string& path) const;

  size_t ConnectionCount() const;
  // All bytes that came on a connection so far.
  std::string Received(size_t connection) const;
  // Requests whose head came in whole, over all connections.
  size_t RequestCount() const;

  void WaitForRequests(size_t count) const;
  // Until the peer has closed, or the script has, and the thread has ended.
  void WaitForEnd(size_t connection) const;
  // Until a write has found the peer's and the kernel's buffers full, or the
  // script has ended. True in the first case.
  bool WaitUntilBlocked(size_t connection) const;
  // Bytes the kernel has taken.
  size_t SentBytes(size_t connection) const;

 private:
  class Connection;

  void Listen();
  void Accept();
  size_t CountRequests() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  template <typename Condition>
  void WaitFor(Condition condition) const {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, condition);
  }

  const std::vector<RawScript> scripts_;
  std::shared_ptr<void> tls_;  // An SSL_CTX; null without TLS.
  int listener_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<Connection>> connections_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace klarna::testing

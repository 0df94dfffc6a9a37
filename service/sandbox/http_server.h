// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "service/sandbox/message.h"

namespace klarna::sandbox {

// Serves HTTP/1.1 on 127.0.0.1 from one thread of its own: keep-alive, bodies
// written while they are made, and every way in which an Answer can fail to
// arrive. Knows nothing of Klarna.
//
//   auto server = HttpServer::Start(0, [](const Request& request) {
//     return Answer{.status = 200, .body = "hello"};
//   });
//   (*server)->port();
//
// The handler runs on the server's thread only. The destructor closes all
// connections and joins the thread.
class HttpServer {
 public:
  using Handler = std::function<Answer(const Request&)>;

  // `port` 0 takes a free one. UNAVAILABLE if the port cannot be had.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(uint16_t port,
                                                           Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const;

  // Runs `task` on the server's thread between two requests and waits for it.
  // Not from that thread itself.
  void Run(absl::AnyInvocable<void()> task);

 private:
  class Loop;

  explicit HttpServer(std::unique_ptr<Loop> loop);

  std::unique_ptr<Loop> loop_;
};

}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "service/runtime/event_loop.h"

namespace klarna::faults {

// A server of plain HTTP on 127.0.0.1 that shares the loop of whoever calls it,
// so that a hundred thousand exchanges need no switch of threads. Answers are
// the handler's, byte by byte, and small. Made before the loop starts and
// destroyed after it has stopped, or by a task of it.
class LoopServer {
 public:
  struct Answer {
    std::string bytes = {};
    bool close = false;  // Afterwards, in order.
  };
  // Takes a whole request.
  using Handler = std::function<Answer(std::string_view request)>;

  LoopServer(runtime::EventLoop& loop, Handler handler);
  ~LoopServer();
  LoopServer(const LoopServer&) = delete;
  LoopServer& operator=(const LoopServer&) = delete;

  std::string url() const;
  // So far.
  uint64_t connections() const { return connections_; }

 private:
  void Accept();
  void Read(int fd);
  void Drop(int fd);

  runtime::EventLoop& loop_;
  const Handler handler_;
  int listener_ = -1;
  uint16_t port_ = 0;
  uint64_t connections_ = 0;
  std::unordered_map<int, std::string> received_;  // By connection.
};

}  // namespace klarna::faults

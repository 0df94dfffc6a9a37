// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/loop_server.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace klarna::faults {
namespace {

void Require(bool good, const char* what) {
  if (good) return;
  std::perror(what);
  std::abort();
}

// The size of the request that `bytes` begin with; 0 when it is not whole.
size_t WholeRequest(absl::string_view bytes) {
  constexpr absl::string_view kLength = "\r\nContent-Length: ";
  const size_t end = bytes.find("\r\n\r\n");
  if (end == absl::string_view::npos) return 0;
  size_t length = 0;
  const size_t at = bytes.substr(0, end + 2).find(kLength);
  if (at != absl::string_view::npos) {
    const absl::string_view value = bytes.substr(at + kLength.size());
    Require(absl::SimpleAtoi(value.substr(0, value.find('\r')), &length),
            "Content-Length");
  }
  const size_t size = end + 4 + length;
  return size <= bytes.size() ? size : 0;
}

}  // namespace

LoopServer::LoopServer(runtime::EventLoop& loop, Handler handler)
    : loop_(loop), handler_(std::move(handler)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  Require(bind(listener_, generic, size) == 0, "bind");
  Require(listen(listener_, 1024) == 0, "listen");
  Require(getsockname(listener_, generic, &size) == 0, "getsockname");
  port_ = ntohs(address.sin_port);
  Require(
      loop_.WatchFd(listener_, EPOLLIN, [this](uint32_t) { Accept(); }).ok(),
      "watch");
}

LoopServer::~LoopServer() {
  loop_.UnwatchFd(listener_);
  close(listener_);
  while (!received_.empty()) Drop(received_.begin()->first);
}

std::string LoopServer::url() const {
  return absl::StrCat("http://127.0.0.1:", port_);
}

void LoopServer::Accept() {
  for (;;) {
    const int fd =
        accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    ++connections_;
    received_[fd];
    Require(loop_.WatchFd(fd, EPOLLIN, [this, fd](uint32_t) { Read(fd); }).ok(),
            "watch");
  }
}

void LoopServer::Read(int fd) {
  std::array<char, 16384> buffer;
  const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
  if (size <= 0) {
    Drop(fd);
    return;
  }
  std::string& received = received_[fd];
  received.append(buffer.data(), static_cast<size_t>(size));
  while (const size_t request = WholeRequest(received)) {
    const Answer answer =
        handler_(std::string_view(received).substr(0, request));
    received.erase(0, request);
    // More than the kernel's buffer holds is no small answer.
    const ssize_t sent =
        send(fd, answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL);
    if (answer.close || sent < 0) {
      Drop(fd);
      return;
    }
    Require(static_cast<size_t>(sent) == answer.bytes.size(), "send");
  }
}

void LoopServer::Drop(int fd) {
  loop_.UnwatchFd(fd);
  close(fd);
  received_.erase(fd);
}

}  // namespace klarna::faults

// SPDX-License-Identifier: Apache-2.0
#include "service/http/kept_sockets.h"

#include <poll.h>
#include <unistd.h>

namespace klarna::http {

void KeptSockets::Add(absl::string_view ends, int fd) {
  by_ends_[ends] = fd;
  by_socket_[fd] = std::string(ends);
}

void KeptSockets::Close(int fd) {
  const auto found = by_socket_.find(fd);
  if (found != by_socket_.end()) {
    by_ends_.erase(found->second);
    by_socket_.erase(found);
  }
  close(fd);
}

bool KeptSockets::HasInput(absl::string_view ends) const {
  const auto found = by_ends_.find(ends);
  if (found == by_ends_.end()) return false;
  pollfd socket = {.fd = found->second, .events = POLLIN, .revents = 0};
  return poll(&socket, 1, 0) > 0;
}

}  // namespace klarna::http

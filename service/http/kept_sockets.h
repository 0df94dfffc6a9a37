// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace klarna::http {

// The sockets of libcurl's connections, by their two ends: of a connection that
// it is about to use again, libcurl tells the ends, but not the descriptor.
//
// What it does not see is that a TLS peer has closed such a connection in
// order: the peer's last record waits to be read, and so the connection looks
// alive. Belongs to the loop's thread.
class KeptSockets {
 public:
  // `ends` are the addresses and ports of both sides, in any one form.
  void Add(absl::string_view ends, int fd);
  // Closes it.
  void Close(int fd);

  // Whether something came on a connection on which nothing is due: its end,
  // or what does not belong there.
  bool HasInput(absl::string_view ends) const;

 private:
  absl::flat_hash_map<std::string, int> by_ends_;
  absl::flat_hash_map<int, std::string> by_socket_;
};

}  // namespace klarna::http

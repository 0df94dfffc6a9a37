// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "service/http/transport.h"
#include "service/runtime/task.h"

namespace klarna::upstream {

// What came back for one request: all of it, or how it failed.
struct Answer {
  http::HttpResponseHead head;  // status 0 when no answer came.
  std::string body;
  http::TransferResult transfer;

  bool complete() const { return transfer.error == http::TransferError::kNone; }
  // Klarna asks clients to take any 2xx for a success; 205 and 206 say that
  // something is missing.
  bool success() const {
    return complete() && head.status >= 200 && head.status < 300 &&
           head.status != 205 && head.status != 206;
  }
};

// Sends one request and waits for the whole answer. Destroying the task aborts
// the transfer.
runtime::Task<Answer> Exchange(http::HttpTransport& transport,
                               http::HttpRequest request);

}  // namespace klarna::upstream

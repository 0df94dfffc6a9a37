// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace klarna::demo {

// Something that a request did at the simulated Klarna.
struct Effect {
  std::string operation;        // "order_management.captureOrder".
  std::string idempotency_key;  // Of the request.
  int64_t amount = 0;           // Minor units; 0 where no money moves.
};

// The simulated Klarna's control port: what the shopper does in a browser, and
// what really happened. A program for the real Klarna has nothing like it.
//
// Errors: UNAVAILABLE when it does not answer, FAILED_PRECONDITION when it does
// not do what was asked.
class SimulatedKlarna {
 public:
  // Its address as the gateway logs it: "http://127.0.0.1:40123".
  explicit SimulatedKlarna(std::string url) : url_(std::move(url)) {}

  // The shopper authorizes a payments session. Returns the authorization's
  // token, which the shop's page gets from Klarna's widget.
  absl::StatusOr<std::string> AuthorizeSession(const std::string& session_id);

  // Everything that changed something, in its order.
  absl::StatusOr<std::vector<Effect>> Effects();

 private:
  const std::string url_;
};

}  // namespace klarna::demo

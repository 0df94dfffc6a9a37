// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "service/sandbox/klarna.h"
#include "service/sandbox/message.h"

namespace klarna::sandbox {

// What is not Klarna's API: the shopper's side, faults and the ledger, over
// HTTP and without credentials, for programs in any language.
//
//   POST /sandbox/payments/sessions/{id}/authorize -> {"authorization_token"}
//   POST /sandbox/checkout/orders/{id}/complete    -> 204
//   POST /sandbox/hpp/sessions/{id}/complete       -> 204
//   POST /sandbox/disputes/{id}/advance            -> 204
//   GET  /sandbox/ledger                           -> [{"operation",...}]
//   GET  /sandbox/ids                              -> {"payout": [...]}
//   POST /sandbox/credentials {"passwords": [...], "api_keys": [...],
//        "shipping_keys": [...]}: these and no others are good -> 204
//   POST /sandbox/faults    (see ParseFault) -> 204; DELETE takes all away
//   POST /sandbox/settings  {"latency_ms", "page_cap", "read_lag_ms",
//        "placed_token_is_unknown", "busy_key_conflicts",
//        "rate_limited_is_executed"} (see OpenQuestions) -> 204
//
// A resource that is unknown or cannot do it is 409, bad input 400, both with
// a text that says what is wrong. As thread-safe as the Klarna given.
class Control {
 public:
  explicit Control(Klarna& klarna) : klarna_(klarna) {}

  static bool Owns(const Request& request);

  Answer Handle(const Request& request) const;

 private:
  Answer Act(const std::vector<std::string>& path) const;
  Answer ReadLedger() const;
  Answer ReadIds() const;
  Answer ChangeSettings(const Request& request) const;
  // Settings that have been checked.
  void Apply(const nlohmann::json& settings) const;
  Answer ChangeCredentials(const Request& request) const;
  Answer AddFault(const Request& request) const;

  Klarna& klarna_;
};

}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

namespace klarna::upstream {

// Keeps retries from multiplying the load on an upstream that is in trouble: of
// a thousand calls and more at most a tenth is sent once more, with a little in
// reserve so that few calls can be retried as well. Nothing else helps where
// many accounts make few calls each: none of them opens its breaker. Belongs to
// one executor.
class RetryBudget {
 public:
  // A call begins.
  void Deposit() { tokens_ = std::min(tokens_ + kPerCall, kReserve); }

  // Whether one more attempt may be made.
  bool Withdraw() {
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  static constexpr double kPerCall = 0.09;
  static constexpr double kReserve = 10;
  double tokens_ = kReserve;
};

}  // namespace klarna::upstream

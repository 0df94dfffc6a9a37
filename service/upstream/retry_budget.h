// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

namespace klarna::upstream {

// Keeps retries from multiplying the load on an upstream that is in trouble: in
// the long run at most one retry for ten calls, with a little in reserve so
// that few calls can be retried as well. Belongs to one executor.
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
  static constexpr double kPerCall = 0.1;
  static constexpr double kReserve = 100;
  double tokens_ = kReserve;
};

}  // namespace klarna::upstream

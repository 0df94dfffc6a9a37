// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "service/upstream/call_target.h"

namespace klarna::upstream {

// Keeps retries from multiplying the load on an upstream that is in trouble,
// and one merchant from using up those of others.
//
// Every call pays for a part of a retry, into one account of all merchants. So
// of a thousand calls and more at most a tenth is sent once more, whoever makes
// them, with a little in reserve so that few calls can be retried as well.
// Nothing else helps where many merchants make few calls each: none of them
// opens its breaker, and what each had saved by itself would add up.
//
// Its calls pay a merchant's own retries, each category of its quota for
// itself; it owes what they have not paid yet, and may owe no more than it
// leaves to the others. So who fails all the time has soon but what its own
// calls pay, and the others find the reserve. Belongs to one executor.
class RetryBudget {
 public:
  // A call begins.
  void Deposit(const CallTarget& target);

  // Whether one more attempt may be made.
  bool Withdraw(const CallTarget& target);

 private:
  // In hundredths of a retry.
  static constexpr int kRetry = 100;
  static constexpr int kPerCall = 8;
  static constexpr int kReserve = 20 * kRetry;

  int left_ = kReserve;
  // By merchant, base URI and category. Only those that owe something.
  absl::flat_hash_map<std::string, int> owed_;
};

}  // namespace klarna::upstream

// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/retry_budget.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace klarna::upstream {
namespace {

// Accounts that are configured no more may be among them. What is owed can be
// forgotten at any time: how many retries there are does not depend on it.
constexpr size_t kMaxKept = 1000;

// As Gate tells merchants apart.
std::string KeyOf(const CallTarget& target) {
  return absl::StrCat(target.account.merchant_key, " ",
                      target.endpoint().base_uri, " ",
                      static_cast<int>(target.route.quota));
}

}  // namespace

void RetryBudget::Deposit(const CallTarget& target) {
  left_ = std::min(left_ + kPerCall, kReserve);
  if (owed_.empty()) return;
  const auto debt = owed_.find(KeyOf(target));
  if (debt == owed_.end()) return;
  debt->second -= kPerCall;
  if (debt->second <= 0) owed_.erase(debt);
}

bool RetryBudget::Withdraw(const CallTarget& target) {
  const std::string key = KeyOf(target);
  const auto debt = owed_.find(key);
  const int owes = debt == owed_.end() ? 0 : debt->second;
  if (left_ - kRetry < owes) return false;
  left_ -= kRetry;
  if (owed_.size() >= kMaxKept) owed_.clear();
  owed_[key] = owes + kRetry;
  return true;
}

}  // namespace klarna::upstream

// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/intent_memory.h"

#include <utility>

namespace klarna::gateway {
namespace {

// An hour longer than Klarna honours a key.
constexpr absl::Duration kLifetime = absl::Hours(25);

}  // namespace

IntentClaim LocalIntentMemory::Claim(const Intent& intent, Waiter waiter) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ForgetOverAge();
  auto it = entries_.find(intent.key);
  if (it == entries_.end()) {
    if (entries_.size() >= capacity_) MakeRoom();
    if (entries_.size() >= capacity_) return {IntentClaim::State::kFull};
    const bool doubt =
        intent.maybe_tried_before || intent.first_attempt < born_;
    entries_[intent.key] = {.content_hash = intent.content_hash,
                            .first_seen = clock_.Now(),
                            .doubt = doubt};
    by_age_.push_back(intent.key);
    return {IntentClaim::State::kMine, {}, doubt};
  }
  Entry& entry = it->second;
  if (entry.content_hash != intent.content_hash) {
    return {IntentClaim::State::kOtherBody, entry.record};
  }
  if (entry.in_flight) {
    entry.waiters.push_back(std::move(waiter));
    return {IntentClaim::State::kInFlight};
  }
  if (entry.final) return {IntentClaim::State::kSettled, entry.record};
  entry.in_flight = true;
  return {IntentClaim::State::kMine, entry.record, entry.doubt};
}

void LocalIntentMemory::Settle(const std::string& key,
                               const IntentRecord& record, bool final) {
  std::vector<Waiter> waiters;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto it = entries_.find(key);
    if (it == entries_.end()) return;
    it->second.in_flight = false;
    it->second.final = final;
    it->second.record = record;
    waiters = std::exchange(it->second.waiters, {});
  }
  for (Waiter& waiter : waiters) waiter(record);
}

bool LocalIntentMemory::MayForget(const Entry& entry) const {
  if (entry.in_flight) return false;
  if (IsOverAge(entry)) return true;
  const v1::Outcome& outcome = entry.record.outcome;
  // Without an attempt there is nothing to remember: it was refused unsent.
  return outcome.verdict() != v1::VERDICT_UNKNOWN || outcome.attempts() == 0;
}

bool LocalIntentMemory::IsOverAge(const Entry& entry) const {
  return clock_.Now() - entry.first_seen >= kLifetime;
}

void LocalIntentMemory::ForgetOverAge() {
  while (!by_age_.empty()) {
    const auto oldest = entries_.find(by_age_.front());
    if (!IsOverAge(oldest->second) || !MayForget(oldest->second)) return;
    entries_.erase(oldest);
    by_age_.pop_front();
  }
}

// Looks at a few entries only, so that a memory full of what must be kept costs
// little; those go to the back of the queue.
void LocalIntentMemory::MakeRoom() {
  for (int looked_at = 0; looked_at < 8 && !by_age_.empty(); ++looked_at) {
    std::string key = std::move(by_age_.front());
    by_age_.pop_front();
    const auto entry = entries_.find(key);
    if (MayForget(entry->second)) {
      entries_.erase(entry);
      return;
    }
    by_age_.push_back(std::move(key));
  }
}

}  // namespace klarna::gateway

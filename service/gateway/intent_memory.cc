// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/intent_memory.h"

#include <algorithm>
#include <utility>

namespace klarna::gateway {
namespace {

// An hour longer than Klarna honours a key.
constexpr absl::Duration kLifetime = absl::Hours(25);
// How many old entries one call looks at, so that none takes long.
constexpr int kMostLookedAt = 8;

std::array<char, 32> HashOf(const Intent& intent) {
  std::array<char, 32> hash = {};
  std::copy_n(intent.content_hash.begin(),
              std::min(intent.content_hash.size(), hash.size()), hash.begin());
  return hash;
}

uint64_t HashOf(absl::string_view request_id) {
  return absl::Hash<absl::string_view>()(request_id);
}

}  // namespace

bool LocalIntentMemory::MayKnow(absl::string_view request_id,
                                absl::Time first_attempt) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return IsFromBefore(first_attempt) || ids_.contains(HashOf(request_id));
}

// Whether an id of this time may have been used and is not remembered.
bool LocalIntentMemory::IsFromBefore(absl::Time first_attempt) const {
  return first_attempt < certain_from_ || first_attempt <= forgotten_;
}

runtime::Task<IntentClaim> LocalIntentMemory::Claim(
    const Intent& intent, runtime::Executor& executor) {
  while (true) {
    std::shared_ptr<Settled> settled;
    IntentClaim claim = TryClaim(intent, executor, settled);
    if (settled == nullptr) co_return claim;
    Settled& awaited = *settled;
    claim.record = co_await awaited;
    if (!claim.doubt && !claim.record.given_up) co_return claim;
  }
}

IntentClaim LocalIntentMemory::TryClaim(const Intent& intent,
                                        runtime::Executor& executor,
                                        std::shared_ptr<Settled>& settled) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ForgetOverAge();
  const auto it = entries_.find(absl::string_view(intent.key));
  if (it == entries_.end()) return Remember(intent);
  Entry& entry = **it;
  // Since it was here last, it may have been at another replica.
  const bool doubt = entry.doubt || intent.maybe_tried_before;
  // A mended content takes the place of one of which nothing was sent.
  if (entry.untouched && !entry.in_flight && !doubt) {
    entry.content_hash = HashOf(intent);
  }
  if (entry.content_hash != HashOf(intent)) {
    return {IntentClaim::State::kOtherBody, RecordOf(entry), doubt};
  }
  if (entry.in_flight) {
    settled = std::make_shared<Settled>();
    if (entry.waits == nullptr) {
      entry.waits = std::make_unique<std::vector<Wait>>();
    }
    entry.waits->push_back({executor, settled});
    return {IntentClaim::State::kSettled, {}, doubt && !entry.doubt};
  }
  if (entry.final) return {IntentClaim::State::kSettled, RecordOf(entry)};
  entry.in_flight = true;
  entry.doubt = doubt;
  return {IntentClaim::State::kMine, RecordOf(entry), doubt};
}

IntentClaim LocalIntentMemory::Remember(const Intent& intent) {
  if (entries_.size() >= capacity_) MakeRoom();
  const bool doubt =
      intent.maybe_tried_before || IsFromBefore(intent.first_attempt);
  if (entries_.size() >= capacity_) {
    return {IntentClaim::State::kFull, {}, doubt};
  }
  auto entry = std::make_unique<Entry>();
  entry->key = intent.key;
  entry->id_hash = HashOf(intent.request_id);
  entry->content_hash = HashOf(intent);
  entry->first_seen = clock_.Now();
  entry->first_attempt = intent.first_attempt;
  entry->doubt = doubt;
  by_age_.push_back(entry.get());
  ++ids_[entry->id_hash];
  entries_.insert(std::move(entry));
  return {IntentClaim::State::kMine, {}, doubt};
}

runtime::Task<void> LocalIntentMemory::Settle(const std::string& key,
                                              const IntentRecord& record,
                                              bool final) {
  std::string outcome = record.outcome.SerializeAsString();
  std::unique_ptr<std::vector<Wait>> waits;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto it = entries_.find(absl::string_view(key));
    if (it == entries_.end()) co_return;
    Entry& entry = **it;
    entry.in_flight = false;
    entry.final = final;
    entry.maybe_executed = record.maybe_executed;
    entry.last_sent = record.last_sent;
    entry.untouched = !final && record.outcome.attempts() == 0 &&
                      record.outcome.verdict() == v1::VERDICT_NOT_SENT;
    entry.outcome.swap(outcome);
    entry.status = record.status;
    // Without an attempt there is nothing to remember: it was refused unsent.
    entry.may_be_forgotten = record.outcome.verdict() != v1::VERDICT_UNKNOWN ||
                             record.outcome.attempts() == 0;
    waits = std::move(entry.waits);
  }
  if (waits == nullptr) co_return;
  for (Wait& wait : *waits) {
    wait.executor.Post([settled = std::move(wait.settled), record] {
      if (const std::shared_ptr<Settled> waiting = settled.lock()) {
        waiting->Set(record);
      }
    });
  }
}

IntentRecord LocalIntentMemory::RecordOf(const Entry& entry) {
  IntentRecord record;
  record.outcome.ParseFromString(entry.outcome);
  record.status = entry.status;
  record.maybe_executed = entry.maybe_executed;
  record.last_sent = entry.last_sent;
  return record;
}

bool LocalIntentMemory::MayForget(const Entry& entry) const {
  return !entry.in_flight && (entry.may_be_forgotten || IsOverAge(entry));
}

bool LocalIntentMemory::IsOverAge(const Entry& entry) const {
  return clock_.Now() - entry.first_seen >= kLifetime;
}

void LocalIntentMemory::ForgetOldest() {
  Entry* const oldest = by_age_.front();
  by_age_.pop_front();
  forgotten_ = std::max(forgotten_, oldest->first_attempt);
  const auto id = ids_.find(oldest->id_hash);
  if (--id->second == 0) ids_.erase(id);
  entries_.erase(entries_.find(absl::string_view(oldest->key)));
}

void LocalIntentMemory::ForgetOverAge() {
  for (int i = 0; i < kMostLookedAt && !by_age_.empty(); ++i) {
    const Entry& oldest = *by_age_.front();
    if (!IsOverAge(oldest) || !MayForget(oldest)) return;
    ForgetOldest();
  }
}

// Looks at a few entries only, so that a memory full of what must be kept costs
// little; those go to the back of the queue.
void LocalIntentMemory::MakeRoom() {
  for (int i = 0; i < kMostLookedAt && !by_age_.empty(); ++i) {
    if (MayForget(*by_age_.front())) {
      ForgetOldest();
      return;
    }
    by_age_.push_back(by_age_.front());
    by_age_.pop_front();
  }
}

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "service/gateway/intent.h"
#include "service/runtime/clock.h"

namespace klarna::gateway {

// What became of an intent: its outcome, and the status it ended with. Holds
// ids and codes, never a result.
struct IntentRecord {
  v1::Outcome outcome;
  absl::Status status;
};

// What Claim found out.
struct IntentClaim {
  enum class State {
    kMine,       // Nobody works on it: make the change, then Settle it.
    kInFlight,   // Another call does; the waiter will hear how it ended.
    kSettled,    // It was settled before; `record` says how.
    kOtherBody,  // The same request_id asked for something else before.
    kFull,       // No room to remember it safely: make no change.
  };
  State state = State::kFull;
  // Of kSettled; of kMine, what an earlier try left behind.
  IntentRecord record = {};
  // Of kMine: there may have been an attempt before the intent was known here.
  bool doubt = false;
};

// Remembers intents, so that a change asked for twice happens once: binds a
// request_id to what it asked for, keeps a second call waiting while the first
// is under way, and answers later ones from what became of it.
//
//   IntentClaim claim = memory.Claim(intent, waiter);
//   if (claim.state == IntentClaim::State::kMine) {
//     ...
//     memory.Settle(intent.key, record, /*final=*/true);
//   }
//
// An interface, so that replicas can come to share one. Thread-safe.
class IntentMemory {
 public:
  // Told on any thread, at most once, how the call that was waited for ended.
  using Waiter = absl::AnyInvocable<void(const IntentRecord&)>;

  virtual ~IntentMemory() = default;

  virtual IntentClaim Claim(const Intent& intent, Waiter waiter) = 0;

  // Says how a claimed intent ended. Not `final`: the next call with the same
  // id and content may make the change (again); the content stays bound.
  virtual void Settle(const std::string& key, const IntentRecord& record,
                      bool final) = 0;
};

// Keeps a bounded number of intents in the process, each for 25 hours. When it
// is full, the oldest applied or refused ones are forgotten; one that is in
// flight or whose outcome is unknown never is.
class LocalIntentMemory final : public IntentMemory {
 public:
  LocalIntentMemory(size_t capacity, const runtime::Clock& clock)
      : capacity_(capacity),
        clock_(clock),
        // An id's time has no smaller parts.
        born_(absl::FromUnixMillis(absl::ToUnixMillis(clock.WallNow()))) {}

  IntentClaim Claim(const Intent& intent, Waiter waiter) override;
  void Settle(const std::string& key, const IntentRecord& record,
              bool final) override;

 private:
  struct Entry {
    std::string content_hash;
    runtime::Instant first_seen;
    bool doubt = false;
    bool in_flight = true;
    bool final = false;
    IntentRecord record = {};
    std::vector<Waiter> waiters = {};
  };

  bool IsOverAge(const Entry& entry) const;
  bool MayForget(const Entry& entry) const;
  void ForgetOverAge() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t capacity_;
  const runtime::Clock& clock_;
  const absl::Time born_;

  std::mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> by_age_ ABSL_GUARDED_BY(mutex_);  // Oldest first.
};

}  // namespace klarna::gateway

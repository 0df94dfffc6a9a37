// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "service/gateway/intent.h"
#include "service/runtime/clock.h"
#include "service/runtime/executor.h"
#include "service/runtime/task.h"

namespace klarna::gateway {

// What became of an intent: its outcome, and the status it ended with. Holds
// ids and codes, never a result.
struct IntentRecord {
  v1::Outcome outcome;
  absl::Status status;
  // An attempt that is known here may have been executed.
  bool maybe_executed = false;
  // When the last attempt that is known here was made.
  absl::Time last_sent = absl::InfinitePast();
  // Its caller left, so that no more was tried: who waited goes on with it.
  bool given_up = false;
};

// What Claim found out.
struct IntentClaim {
  enum class State {
    kMine,       // Nobody works on it: make the change, then Settle it.
    kSettled,    // Another call did, or was waited for; `record` says how.
    kOtherBody,  // The same request_id stood for something else before, of
                 // which something was sent, or may have been.
    kFull,       // No room to remember it safely: make no change.
  };
  State state = State::kFull;
  // Of kSettled; of kMine, what an earlier try left behind.
  IntentRecord record = {};
  // There may have been an attempt that is not known here. Of kSettled, one
  // that whoever settled it did not reckon with.
  bool doubt = false;
};

// Remembers intents, so that a change asked for twice happens once: binds a
// request_id to what it asked for, keeps a second call waiting while the first
// is under way, and answers later ones from what became of it.
//
//   const IntentClaim claim = co_await memory.Claim(intent, executor);
//   if (claim.state == IntentClaim::State::kMine) {
//     ...
//     co_await memory.Settle(intent.key, record, /*final=*/true);
//   }
//
// An interface, so that replicas can come to share a store: both may take their
// time, and go on on the caller's executor. Thread-safe.
class IntentMemory {
 public:
  virtual ~IntentMemory() = default;

  // Whether a change may have been claimed under this request_id, of whatever
  // caller and content, by a call that is not this one. False only when that is
  // certain, so that a store that had to be asked says true. At once.
  virtual bool MayKnow(absl::string_view request_id,
                       absl::Time first_attempt) = 0;

  // Claims the intent for its caller, who runs on `executor`. Waits while
  // another call works on it, and claims it anew when that one gave up, or knew
  // less of earlier attempts.
  virtual runtime::Task<IntentClaim> Claim(const Intent& intent,
                                           runtime::Executor& executor) = 0;

  // Says how a claimed intent ended, and is over when that is remembered. Not
  // `final`: the next call with the same id and content may make the change
  // (again); the content stays bound.
  virtual runtime::Task<void> Settle(const std::string& key,
                                     const IntentRecord& record,
                                     bool final) = 0;
};

// Keeps a bounded number of intents in the process, each for 25 hours, in about
// 420 bytes. When it is full, the oldest applied or refused ones are forgotten,
// and from then on an id of their age is in doubt; one that is in flight or
// whose outcome is unknown never is.
//
// An id from before the memory may have been used before it, and so may one of
// the first `clock_skew` of its life: by a caller's clock that is that much
// ahead it was made before. Zero where nothing outlives the process, upstream
// included.
class LocalIntentMemory final : public IntentMemory {
 public:
  LocalIntentMemory(size_t capacity, const runtime::Clock& clock,
                    absl::Duration clock_skew)
      : capacity_(capacity),
        clock_(clock),
        // An id's time has no smaller parts.
        certain_from_(
            absl::FromUnixMillis(absl::ToUnixMillis(clock.WallNow())) +
            clock_skew) {}

  bool MayKnow(absl::string_view request_id, absl::Time first_attempt) override;
  runtime::Task<IntentClaim> Claim(const Intent& intent,
                                   runtime::Executor& executor) override;
  runtime::Task<void> Settle(const std::string& key, const IntentRecord& record,
                             bool final) override;

 private:
  // A call that waits for another one, which may be on another executor, and
  // may be given up meanwhile.
  using Settled = runtime::OneShot<IntentRecord>;
  struct Wait {
    runtime::Executor& executor;
    std::weak_ptr<Settled> settled;
  };
  struct Entry {
    std::string key;
    uint64_t id_hash = 0;  // Of the request_id.
    std::array<char, 32> content_hash = {};
    runtime::Instant first_seen;
    absl::Time first_attempt;
    bool doubt = false;
    bool in_flight = true;
    bool final = false;
    bool maybe_executed = false;
    bool may_be_forgotten = false;
    bool untouched = false;  // Nothing was sent under its key.
    absl::Time last_sent = absl::InfinitePast();
    std::string outcome = {};  // Serialized: a quarter of the message's size.
    absl::Status status = {};
    std::unique_ptr<std::vector<Wait>> waits = {};
  };
  struct KeyHash {
    using is_transparent = void;
    size_t operator()(absl::string_view key) const {
      return absl::Hash<absl::string_view>()(key);
    }
    size_t operator()(const std::unique_ptr<Entry>& entry) const {
      return (*this)(entry->key);
    }
  };
  struct SameKey {
    using is_transparent = void;
    static absl::string_view KeyOf(absl::string_view key) { return key; }
    static absl::string_view KeyOf(const std::unique_ptr<Entry>& entry) {
      return entry->key;
    }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return KeyOf(a) == KeyOf(b);
    }
  };

  static IntentRecord RecordOf(const Entry& entry);
  // As Claim, at once. Where that would wait, `settled` is set.
  IntentClaim TryClaim(const Intent& intent, runtime::Executor& executor,
                       std::shared_ptr<Settled>& settled);
  IntentClaim Remember(const Intent& intent)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsFromBefore(absl::Time first_attempt) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsOverAge(const Entry& entry) const;
  bool MayForget(const Entry& entry) const;
  void ForgetOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetOverAge() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t capacity_;
  const runtime::Clock& clock_;
  const absl::Time certain_from_;

  std::mutex mutex_;
  absl::flat_hash_set<std::unique_ptr<Entry>, KeyHash, SameKey> entries_
      ABSL_GUARDED_BY(mutex_);
  std::deque<Entry*> by_age_ ABSL_GUARDED_BY(mutex_);  // Oldest first.
  // How many entries there are of each request_id, by its hash.
  absl::flat_hash_map<uint64_t, uint32_t> ids_ ABSL_GUARDED_BY(mutex_);
  // The latest first attempt of those that were forgotten.
  absl::Time forgotten_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace klarna::gateway

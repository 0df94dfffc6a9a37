// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "klarna/rest/v1/rest.pb.h"
#include "service/config/config.h"
#include "service/http/transport.h"
#include "service/runtime/clock.h"
#include "service/upstream/fair_queue.h"

namespace klarna::upstream {

// The requests a second of one merchant at one host, by category: a token
// bucket each, with a queue in which changes stand before reads, and the
// merchant's accounts take turns. Reads leave a little in the bucket, so that a
// change finds something there.
//
//   std::optional<Quota::Place> place =
//       quota.Join(category, is_change, account.name);
//   for (;;) {
//     const absl::Duration wait = quota.Take(*place, now);
//     if (wait == absl::ZeroDuration()) break;  // It is our turn.
//     ...sleep, and ask again; or give up:
//     quota.Leave(*place);
//   }
//   ...send; when the answer is there:
//   quota.Heard(category, status, headers, now, wall_now);
//
// Klarna counts whole seconds, and its own clock's: the rate stays a little
// below what is granted, and the bucket is small. What the answers say counts
// besides: a limit lower than the configured one is kept, less remaining than
// the bucket holds empties it, nothing remaining stops the category until the
// reset, and a 429 stops all of the merchant. Not thread-safe.
class Quota {
 public:
  // A call's place in the queue of its category.
  struct Place {
    rest::v1::QuotaCategory category;
    bool change;
    std::string account;
    uint64_t number;
  };

  // What is granted and how many share it, from now on.
  void Use(const config::Quota& granted, int replicas);

  // Nothing when the account's part of the queue is full.
  std::optional<Place> Join(rest::v1::QuotaCategory category, bool change,
                            const std::string& account);

  // Zero when it is the place's turn: its token is taken and it has left the
  // queue. Else how long that will probably take.
  absl::Duration Take(const Place& place, runtime::Instant now);

  // Gives a place up. Nothing happens to one that has had its turn.
  void Leave(const Place& place);

  // An answer came. `wall_now` is for the dates in it.
  void Heard(rest::v1::QuotaCategory category, int status,
             const http::Headers& headers, runtime::Instant now,
             absl::Time wall_now);

 private:
  struct Bucket {
    double tokens = 0;
    runtime::Instant filled = -absl::InfiniteDuration();
    runtime::Instant stopped_until = -absl::InfiniteDuration();
    double heard = 0;  // Granted a second, as answers say; 0: unknown.
    FairQueue changes;
    FairQueue reads;
  };

  // Nothing comes into it before `until`.
  static void Empty(runtime::Instant until, Bucket& bucket) {
    bucket.tokens = 0;
    bucket.filled = std::max(bucket.filled, until);
  }
  static FairQueue& QueueOf(Bucket& bucket, bool change) {
    return change ? bucket.changes : bucket.reads;
  }
  Bucket& BucketOf(rest::v1::QuotaCategory category) {
    return buckets_[static_cast<size_t>(category)];
  }
  // Tokens a second for this replica; 0: unbounded.
  double RateOf(rest::v1::QuotaCategory category) const;
  void Fill(rest::v1::QuotaCategory category, runtime::Instant now);

  config::Quota granted_;
  int replicas_ = 1;
  uint64_t last_number_ = 0;
  runtime::Instant stopped_until_ = -absl::InfiniteDuration();
  std::array<Bucket, rest::v1::QuotaCategory_ARRAYSIZE> buckets_;
};

}  // namespace klarna::upstream

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/runtime/clock.h"

namespace klarna::upstream {

// How many requests one merchant may have under way at once, found by how long
// the answers take: where they take more than one and a half times as long as
// the fastest of the same operation, requests stand in a queue at the upstream,
// and fewer are allowed until they no longer do. Only a limit that is used is
// changed, so that an operation which is now fast and now slow costs nothing
// while there is little load.
//
// A tenth is for changes alone, so that reads cannot push them out. Not
// thread-safe.
class ConcurrencyLimit {
 public:
  static constexpr int kLeast = 20;

  explicit ConcurrencyLimit(int most) : most_(most), limit_(most) {}

  void set_most(int most);

  // Whether one more may begin; if so, it has.
  bool Begin(bool change);

  void End() { --under_way_; }

  // An answer to `operation` came.
  void Heard(absl::string_view operation, absl::Duration took,
             runtime::Instant now);

  int limit() const { return static_cast<int>(limit_); }
  int under_way() const { return under_way_; }

  // The fastest answer to `operation` of the last minutes; zero if none came.
  absl::Duration Fastest(absl::string_view operation,
                         runtime::Instant now) const;

 private:
  // Of two spans of time, of which the first is over.
  struct FastestOf {
    absl::Duration before = absl::InfiniteDuration();
    absl::Duration now = absl::InfiniteDuration();
  };

  void Adjust(runtime::Instant now);
  void TurnSpan(runtime::Instant now);

  int most_;
  double limit_;
  int under_way_ = 0;
  int peak_ = 0;  // Since the last adjustment.
  absl::Duration took_;
  absl::Duration expected_;
  int answers_ = 0;
  runtime::Instant adjusted_ = absl::ZeroDuration();
  runtime::Instant span_began_ = -absl::InfiniteDuration();
  absl::flat_hash_map<std::string, FastestOf> fastest_;
};

}  // namespace klarna::upstream

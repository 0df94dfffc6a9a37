// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "absl/time/time.h"
#include "service/runtime/clock.h"

namespace klarna::upstream {

// Stops the calls to a place that fails, since each of them would load it
// further and keep its caller waiting. Opens when at least half of the calls of
// the last ten seconds failed, twenty of them at least; then lets one call a
// second through as a probe, and closes when two probes in a row succeeded.
//
//   switch (breaker.Admit(now)) {
//     case Admission::kRefused: ...try again after breaker.RetryAfter(now)...
//     case Admission::kCall:
//     case Admission::kProbe: ...send, and then...
//   }
//   breaker.Record(admission, failed, now);
//
// Not thread-safe.
class CircuitBreaker {
 public:
  enum class Admission { kRefused, kCall, kProbe };

  Admission Admit(runtime::Instant now);

  // How an admitted call ended. Calls from before it opened count no more.
  void Record(Admission admission, bool failed, runtime::Instant now);

  bool open() const { return open_; }

  // How long until a call is admitted; zero if one is now.
  absl::Duration RetryAfter(runtime::Instant now) const;

 private:
  struct Second {
    int64_t number = -1;
    int calls = 0;
    int failures = 0;
  };

  void Count(bool failed, runtime::Instant now);
  bool ShouldOpen(runtime::Instant now) const;
  void Open(runtime::Instant now);

  std::array<Second, 10> seconds_;
  bool open_ = false;
  int good_probes_ = 0;
  runtime::Instant next_probe_ = absl::ZeroDuration();
};

}  // namespace klarna::upstream

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/time/time.h"

namespace klarna::runtime {

// A point on the monotonic clock: the time since an arbitrary start. Two
// instants of the same Clock can be compared and subtracted, nothing else.
using Instant = absl::Duration;

// The only source of time. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Monotonic: for deadlines, time-outs and durations.
  virtual Instant Now() const = 0;

  // Wall clock: for what is stamped or compared with stamps of other machines.
  // May jump either way.
  virtual absl::Time WallNow() const = 0;
};

}  // namespace klarna::runtime

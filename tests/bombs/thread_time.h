// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <time.h>

#include <algorithm>
#include <functional>

#include "absl/time/time.h"

namespace klarna::bombs {

// Processor time that `work` takes of this thread: the best of a few runs, as
// a shared machine makes single ones longer, and never shorter. Stops at the
// first one within `limit`.
inline absl::Duration ThreadTime(absl::Duration limit,
                                 const std::function<void()>& work) {
  const auto now = [] {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return absl::DurationFromTimespec(time);
  };
  absl::Duration best = absl::InfiniteDuration();
  for (int run = 0; run < 5 && best > limit; ++run) {
    const absl::Duration start = now();
    work();
    best = std::min(best, now() - start);
  }
  return best;
}

// Any mebibyte of JSON. A sanitizer makes it many times as much.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr absl::Duration kLimit = absl::Milliseconds(2000);
#else
inline constexpr absl::Duration kLimit = absl::Milliseconds(50);
#endif
inline constexpr size_t kMebibyte = size_t{1} << 20;

}  // namespace klarna::bombs

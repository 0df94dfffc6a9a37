// SPDX-License-Identifier: Apache-2.0
#include "service/runtime/system_clock.h"

#include <sys/random.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "absl/time/clock.h"

namespace klarna::runtime {

Instant SystemClock::Now() const {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

absl::Time SystemClock::WallNow() const { return absl::Now(); }

uint64_t SystemRandom::Next() {
  uint64_t word;
  while (getrandom(&word, sizeof(word), 0) != sizeof(word)) {
    if (errno == EINTR) continue;
    std::perror("getrandom");
    std::abort();
  }
  return word;
}

}  // namespace klarna::runtime

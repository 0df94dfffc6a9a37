// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "service/runtime/clock.h"
#include "service/runtime/random.h"

namespace klarna::runtime {

// The machine's clocks. Thread-safe.
class SystemClock final : public Clock {
 public:
  Instant Now() const override;
  absl::Time WallNow() const override;
};

// The kernel's random generator, fit for keys and nonces. Thread-safe. Ends the
// process if the kernel has no randomness to give: nothing safe can be done
// without it.
class SystemRandom final : public Random {
 public:
  uint64_t Next() override;
};

}  // namespace klarna::runtime

// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/circuit_breaker.h"

#include <algorithm>

namespace klarna::upstream {
namespace {

constexpr int kMinCalls = 20;
constexpr absl::Duration kProbeInterval = absl::Seconds(1);
constexpr int kGoodProbes = 2;

int64_t SecondOf(runtime::Instant now) { return absl::ToInt64Seconds(now); }

}  // namespace

CircuitBreaker::Admission CircuitBreaker::Admit(runtime::Instant now) {
  if (!open_) return Admission::kCall;
  if (now < next_probe_) return Admission::kRefused;
  next_probe_ = now + kProbeInterval;
  return Admission::kProbe;
}

void CircuitBreaker::Record(Admission admission, bool failed,
                            runtime::Instant now) {
  if (!open_) {
    Count(failed, now);
    if (failed && ShouldOpen(now)) Open(now);
    return;
  }
  if (admission != Admission::kProbe) return;
  good_probes_ = failed ? 0 : good_probes_ + 1;
  if (good_probes_ < kGoodProbes) return;
  open_ = false;
  seconds_ = {};
}

absl::Duration CircuitBreaker::RetryAfter(runtime::Instant now) const {
  return open_ ? std::max(next_probe_ - now, absl::ZeroDuration())
               : absl::ZeroDuration();
}

void CircuitBreaker::Count(bool failed, runtime::Instant now) {
  const int64_t number = SecondOf(now);
  Second& second = seconds_[static_cast<size_t>(number) % seconds_.size()];
  if (second.number != number) second = {.number = number};
  ++second.calls;
  second.failures += failed ? 1 : 0;
}

bool CircuitBreaker::ShouldOpen(runtime::Instant now) const {
  const int64_t oldest =
      SecondOf(now) - static_cast<int64_t>(seconds_.size()) + 1;
  int calls = 0;
  int failures = 0;
  for (const Second& second : seconds_) {
    if (second.number < oldest) continue;
    calls += second.calls;
    failures += second.failures;
  }
  return calls >= kMinCalls && failures * 2 >= calls;
}

void CircuitBreaker::Open(runtime::Instant now) {
  open_ = true;
  good_probes_ = 0;
  next_probe_ = now + kProbeInterval;
}

}  // namespace klarna::upstream

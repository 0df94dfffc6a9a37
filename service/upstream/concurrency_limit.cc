// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/concurrency_limit.h"

#include <algorithm>
#include <cmath>

namespace klarna::upstream {
namespace {

constexpr double kReads = 0.9;
// Answers that take longer than this many times the fastest stood in a queue.
constexpr double kTolerance = 1.5;
constexpr absl::Duration kInterval = absl::Milliseconds(100);
constexpr int kMinAnswers = 10;
constexpr absl::Duration kSpan = absl::Minutes(2);

}  // namespace

void ConcurrencyLimit::set_most(int most) {
  if (most == most_) return;
  most_ = most;
  limit_ = most;
}

bool ConcurrencyLimit::Begin(bool change) {
  if (under_way_ >= limit_ * (change ? 1 : kReads)) return false;
  ++under_way_;
  peak_ = std::max(peak_, under_way_);
  return true;
}

void ConcurrencyLimit::Heard(absl::string_view operation, absl::Duration took,
                             runtime::Instant now) {
  TurnSpan(now);
  FastestOf& fastest = fastest_[operation];
  fastest.now = std::min(fastest.now, took);
  took_ += took;
  expected_ += std::min(fastest.before, fastest.now);
  ++answers_;
  if (now - adjusted_ >= kInterval && answers_ >= kMinAnswers) Adjust(now);
}

absl::Duration ConcurrencyLimit::Fastest(absl::string_view operation,
                                         runtime::Instant now) const {
  const auto found = fastest_.find(operation);
  const bool known = found != fastest_.end() && now - span_began_ < 2 * kSpan;
  if (!known) return absl::ZeroDuration();
  return std::min(found->second.before, found->second.now);
}

void ConcurrencyLimit::Adjust(runtime::Instant now) {
  const double slowness =
      absl::FDivDuration(took_, std::max(expected_, absl::Microseconds(1)));
  if (peak_ * 2 >= limit_) {
    limit_ = slowness > kTolerance
                 ? limit_ * std::max(kTolerance / slowness, 0.5)
                 : limit_ + std::sqrt(limit_);
    limit_ = std::clamp(limit_, static_cast<double>(kLeast),
                        static_cast<double>(most_));
  }
  took_ = expected_ = absl::ZeroDuration();
  answers_ = 0;
  peak_ = under_way_;
  adjusted_ = now;
}

// What was fastest long ago may be so no more. While a queue stands all the
// time, only fewer requests can show how fast an answer is without it.
void ConcurrencyLimit::TurnSpan(runtime::Instant now) {
  if (now - span_began_ < kSpan) return;
  const bool over = now - span_began_ >= 2 * kSpan;
  span_began_ = now;
  for (auto& [operation, fastest] : fastest_) {
    fastest.before = over ? absl::InfiniteDuration() : fastest.now;
    fastest.now = absl::InfiniteDuration();
  }
  absl::erase_if(fastest_, [](const auto& each) {
    return each.second.before == absl::InfiniteDuration();
  });
  if (peak_ * 2 >= limit_ && limit_ < most_) {
    limit_ = std::max(limit_ / 2, static_cast<double>(kLeast));
  }
}

}  // namespace klarna::upstream

// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/circuit_breaker.h"

#include <gtest/gtest.h>

namespace klarna::upstream {
namespace {

using Admission = CircuitBreaker::Admission;

class CircuitBreakerTest : public ::testing::Test {
 protected:
  void Call(bool failed) {
    const Admission admission = breaker_.Admit(now_);
    if (admission == Admission::kRefused) return;
    ++calls_;
    breaker_.Record(admission, failed, now_);
  }
  void Calls(int count, bool failed) {
    for (int i = 0; i < count; ++i) Call(failed);
  }

  CircuitBreaker breaker_;
  runtime::Instant now_ = absl::Seconds(1000);
  int calls_ = 0;
};

TEST_F(CircuitBreakerTest, OpensWhenHalfOfTheCallsFail) {
  Calls(10, /*failed=*/false);
  Calls(9, /*failed=*/true);
  EXPECT_FALSE(breaker_.open());
  Call(/*failed=*/true);
  EXPECT_TRUE(breaker_.open());
  EXPECT_EQ(breaker_.Admit(now_), Admission::kRefused);
  EXPECT_EQ(breaker_.RetryAfter(now_), absl::Seconds(1));
}

TEST_F(CircuitBreakerTest, AFewFailuresAmongManyCallsAreLeftAlone) {
  for (int i = 0; i < 100; ++i) {
    Calls(6, /*failed=*/false);
    Calls(5, /*failed=*/true);
  }
  EXPECT_FALSE(breaker_.open());
}

TEST_F(CircuitBreakerTest, TooFewCallsProveNothing) {
  Calls(19, /*failed=*/true);
  EXPECT_FALSE(breaker_.open());
}

TEST_F(CircuitBreakerTest, WhatIsTenSecondsAgoIsForgotten) {
  Calls(19, /*failed=*/true);
  now_ += absl::Seconds(10);
  Call(/*failed=*/true);
  EXPECT_FALSE(breaker_.open());
}

TEST_F(CircuitBreakerTest, ProbesOnceASecond) {
  Calls(20, /*failed=*/true);
  calls_ = 0;
  for (int ms = 0; ms < 60'000; ++ms) {
    now_ += absl::Milliseconds(1);
    Call(/*failed=*/true);
  }
  EXPECT_EQ(calls_, 60);
}

// A probe may hang for long, and another one need not wait for it.
TEST_F(CircuitBreakerTest, AProbeWithoutAnAnswerHoldsUpNoOther) {
  Calls(20, /*failed=*/true);
  now_ += absl::Seconds(1);
  EXPECT_EQ(breaker_.Admit(now_), Admission::kProbe);
  EXPECT_EQ(breaker_.Admit(now_), Admission::kRefused);
  now_ += absl::Seconds(1);
  EXPECT_EQ(breaker_.Admit(now_), Admission::kProbe);
}

TEST_F(CircuitBreakerTest, ClosesAfterTwoGoodProbesInARow) {
  Calls(20, /*failed=*/true);
  for (const bool failed : {false, true, false}) {
    now_ += absl::Seconds(1);
    Call(failed);
    EXPECT_TRUE(breaker_.open());
  }
  now_ += absl::Seconds(1);
  Call(/*failed=*/false);
  EXPECT_FALSE(breaker_.open());
  EXPECT_EQ(breaker_.Admit(now_), Admission::kCall);
  EXPECT_EQ(breaker_.RetryAfter(now_), absl::ZeroDuration());
  // And what was before does not open it again.
  Calls(19, /*failed=*/true);
  EXPECT_FALSE(breaker_.open());
}

TEST_F(CircuitBreakerTest, CallsFromBeforeItOpenedCountNoMore) {
  Calls(20, /*failed=*/true);
  breaker_.Record(Admission::kCall, /*failed=*/false, now_);
  breaker_.Record(Admission::kCall, /*failed=*/false, now_);
  EXPECT_TRUE(breaker_.open());
}

}  // namespace
}  // namespace klarna::upstream

// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/concurrency_limit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace klarna::upstream {
namespace {

constexpr char kRead[] = "order_management.get_order";

// An upstream that serves `servers` requests at once, each for 50 ms, and lets
// the others wait. Callers come at a steady rate and are gone when refused.
class ConcurrencyLimitTest : public ::testing::Test {
 protected:
  struct Figures {
    double answers_per_second = 0;
    absl::Duration slowest;
    int refused = 0;
  };

  Figures Run(int per_second, absl::Duration duration) {
    Figures figures;
    int answers = 0;
    const runtime::Instant begin = now_;
    const runtime::Instant end = now_ + duration;
    for (runtime::Instant next = now_; now_ < end;
         now_ += absl::Milliseconds(1)) {
      while (!under_way_.empty() && under_way_.front().due <= now_) {
        const absl::Duration took = now_ - under_way_.front().began;
        limit_.End();
        limit_.Heard(kRead, took, now_);
        // While it finds out, callers wait.
        if (now_ - begin > absl::Seconds(10)) {
          figures.slowest = std::max(figures.slowest, took);
        }
        under_way_.erase(under_way_.begin());
        ++answers;
      }
      for (; next <= now_; next += absl::Seconds(1.0 / per_second)) {
        if (limit_.Begin(/*change=*/true)) {
          Serve();
        } else {
          ++figures.refused;
        }
      }
    }
    figures.answers_per_second = answers / absl::ToDoubleSeconds(duration);
    return figures;
  }

  void Serve() {
    auto server = std::min_element(free_at_.begin(), free_at_.end());
    *server = std::max(*server, now_) + absl::Milliseconds(50);
    under_way_.push_back({*server, now_});
  }

  struct Request {
    runtime::Instant due;
    runtime::Instant began;
  };

  ConcurrencyLimit limit_{1000};
  runtime::Instant now_ = absl::Seconds(1000);
  std::vector<runtime::Instant> free_at_ =
      std::vector<runtime::Instant>(40, absl::ZeroDuration());
  std::vector<Request> under_way_;
};

TEST_F(ConcurrencyLimitTest, LeavesAnUpstreamAloneThatKeepsUp) {
  const Figures figures = Run(/*per_second=*/700, absl::Minutes(5));
  EXPECT_EQ(figures.refused, 0);
  EXPECT_EQ(limit_.limit(), 1000);
}

// 40 servers make 800 a second.
TEST_F(ConcurrencyLimitTest, KeepsTheGoodputAtTwiceTheCapacity) {
  Run(/*per_second=*/700, absl::Minutes(1));
  const Figures figures = Run(/*per_second=*/1600, absl::Minutes(10));
  EXPECT_GE(figures.answers_per_second, 800 * 0.95);
  EXPECT_LE(figures.slowest, absl::Milliseconds(150));
  EXPECT_GT(figures.refused, 0);
}

TEST_F(ConcurrencyLimitTest, FindsItsWayWithoutAQuietBeginning) {
  const Figures figures = Run(/*per_second=*/8000, absl::Minutes(10));
  EXPECT_GE(figures.answers_per_second, 800 * 0.9);
  EXPECT_LE(figures.slowest, absl::Milliseconds(200));
}

TEST_F(ConcurrencyLimitTest, GrowsAgainWhenTheUpstreamDoes) {
  Run(/*per_second=*/1600, absl::Minutes(1));
  EXPECT_LT(limit_.limit(), 200);
  free_at_.resize(200, now_);
  Run(/*per_second=*/1600, absl::Seconds(5));
  EXPECT_EQ(Run(/*per_second=*/1600, absl::Minutes(1)).refused, 0);
}

TEST_F(ConcurrencyLimitTest, KeepsATenthForChanges) {
  ConcurrencyLimit limit(20);
  int reads = 0;
  while (limit.Begin(/*change=*/false)) ++reads;
  EXPECT_EQ(reads, 18);
  EXPECT_TRUE(limit.Begin(/*change=*/true));
  EXPECT_TRUE(limit.Begin(/*change=*/true));
  EXPECT_FALSE(limit.Begin(/*change=*/true));
  limit.End();
  EXPECT_TRUE(limit.Begin(/*change=*/true));
}

// Answers that vary are no queue while few requests are under way.
TEST_F(ConcurrencyLimitTest, SlowAnswersAloneChangeNothing) {
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(limit_.Begin(/*change=*/false));
    now_ += absl::Milliseconds(i % 10 == 0 ? 1 : 100);
    limit_.End();
    limit_.Heard(kRead, absl::Milliseconds(i % 10 == 0 ? 1 : 100), now_);
  }
  EXPECT_EQ(limit_.limit(), 1000);
}

TEST_F(ConcurrencyLimitTest, KnowsTheFastestAnswerOfTheLastMinutes) {
  EXPECT_EQ(limit_.Fastest(kRead, now_), absl::ZeroDuration());
  limit_.Heard(kRead, absl::Milliseconds(30), now_);
  limit_.Heard(kRead, absl::Milliseconds(40), now_);
  limit_.Heard("settlements.get_payout", absl::Milliseconds(10), now_);
  EXPECT_EQ(limit_.Fastest(kRead, now_), absl::Milliseconds(30));
  now_ += absl::Minutes(3);
  limit_.Heard(kRead, absl::Milliseconds(40), now_);
  EXPECT_EQ(limit_.Fastest(kRead, now_), absl::Milliseconds(30));
  now_ += absl::Minutes(3);
  limit_.Heard(kRead, absl::Milliseconds(50), now_);
  EXPECT_EQ(limit_.Fastest(kRead, now_), absl::Milliseconds(40));
  // Or nobody with less time would ever find out that it is faster now.
  now_ += absl::Minutes(4);
  EXPECT_EQ(limit_.Fastest(kRead, now_), absl::ZeroDuration());
}

}  // namespace
}  // namespace klarna::upstream

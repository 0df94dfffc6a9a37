// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/quota.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace klarna::upstream {
namespace {

using rest::v1::QUOTA_CATEGORY_PAGE_SESSION;
using rest::v1::QUOTA_CATEGORY_SESSION;
constexpr auto kOther = rest::v1::QUOTA_CATEGORY_UNSPECIFIED;
constexpr config::Quota kLive = {.calls_per_second = 200,
                                 .sessions_per_second = 40};
// 00:16:40 on the first Thursday of 1970.
const absl::Time kWall = absl::FromUnixSeconds(1000);

http::Headers Remaining(int remaining, absl::string_view reset = "1") {
  return {{"x-ratelimit-remaining", absl::StrCat(remaining)},
          {"x-ratelimit-reset", std::string(reset)}};
}

class QuotaTest : public ::testing::Test {
 protected:
  // Whether a call that waits for nothing may go.
  bool TakeAtOnce(rest::v1::QuotaCategory category = kOther,
                  bool change = true) {
    const auto place = quota_.Join(category, change, "shop");
    if (!place) return false;
    const bool taken = quota_.Take(*place, now_) == absl::ZeroDuration();
    quota_.Leave(*place);
    return taken;
  }

  // When a call that waits goes.
  runtime::Instant TakeInTurn(const Quota::Place& place) {
    runtime::Instant now = now_;
    for (absl::Duration wait;
         (wait = quota_.Take(place, now)) != absl::ZeroDuration();) {
      now += wait;
    }
    return now;
  }

  Quota quota_;
  runtime::Instant now_ = absl::Seconds(1000);
};

TEST_F(QuotaTest, WithoutAQuotaEveryCallGoesAtOnce) {
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(TakeAtOnce());
}

// As Klarna counts: no second of anybody's clock holds more than is granted,
// and nearly all of it is used.
TEST_F(QuotaTest, NoSecondHoldsMoreThanIsGranted) {
  const std::pair<rest::v1::QuotaCategory, int> cases[] = {
      {kOther, 200}, {QUOTA_CATEGORY_SESSION, 40}};
  for (const auto& [category, granted] : cases) {
    quota_.Use(kLive, /*replicas=*/1);
    std::vector<runtime::Instant> taken;
    for (int ms = 0; ms < 10'000; ++ms) {
      while (TakeAtOnce(category)) taken.push_back(now_);
      now_ += absl::Milliseconds(1);
    }
    for (size_t first = 0; first < taken.size(); ++first) {
      const auto end = std::lower_bound(taken.begin(), taken.end(),
                                        taken[first] + absl::Seconds(1));
      EXPECT_LE(end - taken.begin() - static_cast<int64_t>(first), granted);
    }
    EXPECT_GE(taken.size(), static_cast<size_t>(granted) * 10 * 95 / 100);
  }
}

TEST_F(QuotaTest, ReplicasShareWhatIsGranted) {
  quota_.Use(kLive, /*replicas=*/4);
  int taken = 0;
  for (int ms = 0; ms < 10'000; ++ms) {
    taken += TakeAtOnce() ? 1 : 0;
    now_ += absl::Milliseconds(1);
  }
  EXPECT_GE(taken, 475);
  EXPECT_LE(taken, 500);
}

TEST_F(QuotaTest, CategoriesHaveTheirOwn) {
  quota_.Use({.calls_per_second = 1, .sessions_per_second = 1}, 1);
  EXPECT_TRUE(TakeAtOnce(QUOTA_CATEGORY_SESSION));
  EXPECT_FALSE(TakeAtOnce(QUOTA_CATEGORY_SESSION));
  EXPECT_TRUE(TakeAtOnce(QUOTA_CATEGORY_PAGE_SESSION));
  EXPECT_TRUE(TakeAtOnce(kOther));
}

TEST_F(QuotaTest, CallsGoInTheOrderTheyCame) {
  quota_.Use({.calls_per_second = 10}, 1);
  EXPECT_TRUE(TakeAtOnce());
  const auto first = quota_.Join(kOther, false, "shop");
  const auto second = quota_.Join(kOther, false, "shop");
  // Though the second asks earlier, when there is one token.
  EXPECT_GT(quota_.Take(*second, now_ + absl::Milliseconds(150)),
            absl::ZeroDuration());
  EXPECT_EQ(quota_.Take(*first, now_ + absl::Milliseconds(150)),
            absl::ZeroDuration());
}

TEST_F(QuotaTest, AChangeGoesBeforeTheReadsThatWait) {
  quota_.Use({.calls_per_second = 10}, 1);
  EXPECT_TRUE(TakeAtOnce());
  const auto read = quota_.Join(kOther, false, "shop");
  const auto change = quota_.Join(kOther, true, "shop");
  const runtime::Instant changed = TakeInTurn(*change);
  const runtime::Instant was_read = TakeInTurn(*read);
  EXPECT_LT(changed, was_read);
  EXPECT_LT(changed - now_, absl::Milliseconds(110));
}

TEST_F(QuotaTest, ReadsLeaveSomethingForAChange) {
  quota_.Use(kLive, 1);
  while (TakeAtOnce(kOther, /*change=*/false)) {
  }
  EXPECT_TRUE(TakeAtOnce(kOther, /*change=*/true));
}

TEST_F(QuotaTest, WhoLeavesIsNotWaitedFor) {
  quota_.Use({.calls_per_second = 10}, 1);
  EXPECT_TRUE(TakeAtOnce());
  const auto first = quota_.Join(kOther, true, "shop");
  const auto second = quota_.Join(kOther, true, "shop");
  quota_.Leave(*first);
  EXPECT_LT(TakeInTurn(*second) - now_, absl::Milliseconds(110));
}

TEST_F(QuotaTest, AccountsOfTheMerchantTakeTurns) {
  quota_.Use({.calls_per_second = 10}, 1);
  EXPECT_TRUE(TakeAtOnce());
  for (const bool change : {true, false}) {
    std::vector<Quota::Place> loud;
    for (int i = 0; i < 100; ++i) {
      loud.push_back(*quota_.Join(kOther, change, "loud"));
    }
    const auto quiet = quota_.Join(kOther, change, "quiet");
    EXPECT_LT(quota_.Take(*quiet, now_), absl::Milliseconds(220));
    EXPECT_GT(quota_.Take(loud.back(), now_), absl::Seconds(10));
    for (const Quota::Place& place : loud) quota_.Leave(place);
    quota_.Leave(*quiet);
    now_ += absl::Seconds(1);
    EXPECT_TRUE(TakeAtOnce());
  }
}

TEST_F(QuotaTest, AChangeOfAnyAccountGoesBeforeReads) {
  quota_.Use({.calls_per_second = 10}, 1);
  EXPECT_TRUE(TakeAtOnce());
  const auto read = quota_.Join(kOther, false, "quiet");
  const auto first = quota_.Join(kOther, true, "loud");
  const auto second = quota_.Join(kOther, true, "loud");
  const runtime::Instant changed = TakeInTurn(*first);
  const runtime::Instant changed_again = TakeInTurn(*second);
  EXPECT_LT(changed, changed_again);
  EXPECT_LT(changed_again, TakeInTurn(*read));
}

TEST_F(QuotaTest, TheQueueIsBounded) {
  for (int i = 0; i < 1000; ++i)
    EXPECT_TRUE(quota_.Join(kOther, false, "shop"));
  EXPECT_FALSE(quota_.Join(kOther, false, "shop"));
  EXPECT_TRUE(quota_.Join(kOther, true, "shop"));
}

TEST_F(QuotaTest, ARefusalStopsAllOfTheMerchant) {
  struct Case {
    http::Headers headers;
    absl::Duration stop;
  };
  const Case cases[] = {
      {{{"Retry-After", "3"}}, absl::Seconds(3)},
      {{{"X-Ratelimit-Reset", "2"}}, absl::Seconds(2)},
      {{{"Retry-After", "3"}, {"X-Ratelimit-Reset", "2"}}, absl::Seconds(3)},
      {{}, absl::Seconds(1)},
      {{{"Retry-After", "1000000000"}}, absl::Minutes(1)},
      {{{"Retry-After", "-5"}}, absl::Seconds(1)},
      {{{"Retry-After", "soon"}}, absl::Seconds(1)},
      {{{"Retry-After", "Thu, 01 Jan 1970 00:16:45 GMT"}}, absl::Seconds(5)},
      {{{"Retry-After", "Thu, 01 Jan 1970 00:16:40 GMT"}},
       absl::Milliseconds(100)},
      {{{"Retry-After", "0"}}, absl::Milliseconds(100)},
  };
  for (const Case& tested : cases) {
    quota_ = Quota();
    EXPECT_TRUE(TakeAtOnce(QUOTA_CATEGORY_SESSION));
    quota_.Heard(kOther, 429, tested.headers, now_, kWall);
    EXPECT_FALSE(TakeAtOnce(QUOTA_CATEGORY_SESSION));
    now_ += tested.stop - absl::Milliseconds(1);
    EXPECT_FALSE(TakeAtOnce(kOther)) << tested.stop;
    now_ += absl::Milliseconds(1);
    EXPECT_TRUE(TakeAtOnce(kOther)) << tested.stop;
  }
}

TEST_F(QuotaTest, AfterARefusalCallsGoOnAtTheRate) {
  quota_.Use(kLive, 1);
  quota_.Heard(kOther, 429, {}, now_, kWall);
  now_ += absl::Seconds(1);
  EXPECT_FALSE(TakeAtOnce());
  now_ += absl::Milliseconds(6);
  EXPECT_TRUE(TakeAtOnce());
  EXPECT_FALSE(TakeAtOnce());
}

TEST_F(QuotaTest, NothingRemainingStopsTheCategoryBeforeItIsRefused) {
  quota_.Heard(QUOTA_CATEGORY_SESSION, 200, Remaining(0), now_, kWall);
  EXPECT_FALSE(TakeAtOnce(QUOTA_CATEGORY_SESSION));
  EXPECT_TRUE(TakeAtOnce(kOther));
  now_ += absl::Seconds(1);
  EXPECT_TRUE(TakeAtOnce(QUOTA_CATEGORY_SESSION));
}

TEST_F(QuotaTest, LittleRemainingSlowsDown) {
  quota_.Use(kLive, 1);
  quota_.Heard(kOther, 200, Remaining(1), now_, kWall);
  EXPECT_TRUE(TakeAtOnce());
  EXPECT_FALSE(TakeAtOnce());
}

TEST_F(QuotaTest, ALowerLimitInAnAnswerIsKept) {
  struct Case {
    const char* header;
    int per_second;
  };
  const Case cases[] = {{"5, 5;w=1", 5},
                        {"5", 5},
                        {"120, 120;w=60", 2},
                        {"500, 500;w=1", 200},
                        {"0, 0;w=1", 200},
                        {"many", 200},
                        {"5, 5;w=0", 200},
                        {"-5, -5;w=1", 200},
                        {"", 200},
                        {"5, 5;w=", 200}};
  for (const Case& tested : cases) {
    quota_ = Quota();
    quota_.Use(kLive, 1);
    quota_.Heard(kOther, 200, {{"x-ratelimit-limit", tested.header}}, now_,
                 kWall);
    int taken = 0;
    for (int ms = 0; ms < 10'000; ++ms) {
      taken += TakeAtOnce() ? 1 : 0;
      now_ += absl::Milliseconds(1);
    }
    EXPECT_LE(taken, tested.per_second * 10) << tested.header;
    EXPECT_GE(taken, tested.per_second * 9) << tested.header;
  }
}

// The limit of a server that was not configured.
TEST_F(QuotaTest, ALimitInAnAnswerIsKeptWhereNoneIsConfigured) {
  quota_.Heard(kOther, 200, {{"X-Ratelimit-Limit", "5, 5;w=1"}}, now_, kWall);
  EXPECT_TRUE(TakeAtOnce());
  EXPECT_FALSE(TakeAtOnce());
}

}  // namespace
}  // namespace klarna::upstream

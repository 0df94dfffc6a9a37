// SPDX-License-Identifier: Apache-2.0
#include "service/rest/retry_after.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/time/civil_time.h"

namespace klarna::rest {
namespace {

// Sun, 06 Nov 1994 08:49:30 GMT.
const absl::Time kNow = absl::FromCivil(
    absl::CivilSecond(1994, 11, 6, 8, 49, 30), absl::UTCTimeZone());

struct Case {
  std::string name;
  http::Headers headers;
  std::optional<absl::Duration> hint;
};

class RetryAfterTest : public ::testing::TestWithParam<Case> {};

TEST_P(RetryAfterTest, SaysHowLongToWait) {
  const Case& c = GetParam();
  EXPECT_EQ(RetryHint(c.headers, kNow), c.hint);
  EXPECT_EQ(RetryDelay(c.headers, kNow, absl::Milliseconds(5)),
            c.hint.value_or(absl::Milliseconds(5)));
}

INSTANTIATE_TEST_SUITE_P(
    Headers, RetryAfterTest,
    ::testing::ValuesIn<Case>({
        {"None", {}, std::nullopt},
        {"Empty", {{"Retry-After", ""}}, std::nullopt},
        {"Seconds", {{"retry-after", "7"}}, absl::Seconds(7)},
        {"NoSeconds", {{"Retry-After", "0"}}, absl::ZeroDuration()},
        {"LeadingZeros", {{"Retry-After", "0007"}}, absl::Seconds(7)},
        {"AMinute", {{"Retry-After", "60"}}, absl::Minutes(1)},
        {"MoreThanAMinute", {{"Retry-After", "61"}}, absl::Minutes(1)},
        {"TenToTheNinth", {{"Retry-After", "1000000000"}}, absl::Minutes(1)},
        {"MoreThanInt64",
         {{"Retry-After", "99999999999999999999"}},
         absl::Minutes(1)},
        {"Negative", {{"Retry-After", "-5"}}, std::nullopt},
        {"WithASign", {{"Retry-After", "+5"}}, std::nullopt},
        {"AFraction", {{"Retry-After", "1.5"}}, std::nullopt},
        {"AWord", {{"Retry-After", "soon"}}, std::nullopt},
        {"Date",
         {{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}},
         absl::Seconds(7)},
        {"DateThatIsNow",
         {{"Retry-After", "Sun, 06 Nov 1994 08:49:30 GMT"}},
         absl::ZeroDuration()},
        {"DateThatIsPast",
         {{"Retry-After", "Sun, 06 Nov 1994 08:49:29 GMT"}},
         absl::ZeroDuration()},
        {"DateFarAway",
         {{"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"}},
         absl::Minutes(1)},
        {"DateOnTheWrongDay",
         {{"Retry-After", "Mon, 06 Nov 1994 08:49:37 GMT"}},
         std::nullopt},
        {"DateThatIsNone",
         {{"Retry-After", "Sun, 31 Feb 1994 08:49:37 GMT"}},
         std::nullopt},
        {"DateOfAnotherZone",
         {{"Retry-After", "Sun, 06 Nov 1994 08:49:37 CET"}},
         std::nullopt},
        {"DateOfRfc850",
         {{"Retry-After", "Sunday, 06-Nov-94 08:49:37 GMT"}},
         std::nullopt},
        {"DateWithMore",
         {{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT, 5"}},
         std::nullopt},
        {"DateOfIso8601",
         {{"Retry-After", "1994-11-06T08:49:37Z"}},
         std::nullopt},
        {"TheReset", {{"X-Ratelimit-Reset", "3"}}, absl::Seconds(3)},
        {"TheResetAfterGarbage",
         {{"Retry-After", "soon"}, {"X-Ratelimit-Reset", "4"}},
         absl::Seconds(4)},
        {"RetryAfterBeforeTheReset",
         {{"X-Ratelimit-Reset", "3"}, {"Retry-After", "7"}},
         absl::Seconds(7)},
        {"ResetFarAway", {{"X-Ratelimit-Reset", "86400"}}, absl::Minutes(1)},
        {"ResetThatIsGarbage", {{"X-Ratelimit-Reset", "x"}}, std::nullopt},
    }),
    [](const auto& tested) { return tested.param.name; });

TEST(RetryAfterClockTest, ADateIsComparedWithTheFractionOfASecond) {
  EXPECT_EQ(RetryHint({{"Retry-After", "Sun, 06 Nov 1994 08:49:31 GMT"}},
                      kNow + absl::Milliseconds(250)),
            absl::Milliseconds(750));
}

}  // namespace
}  // namespace klarna::rest

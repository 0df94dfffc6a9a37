// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/timestamp.h"

#include <gtest/gtest.h>

#include <string>

namespace klarna::sandbox {
namespace {

TEST(TimestampTest, AgreesWithAbseilOnEveryDayOfACentury) {
  for (int day = 0; day < 36525 * 2; ++day) {
    const absl::Time time = absl::UnixEpoch() + day * absl::Hours(24) +
                            absl::Milliseconds(day * 7919 % 86400000);
    ASSERT_EQ(Timestamp(time), absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time,
                                                absl::UTCTimeZone()));
  }
}

TEST(TimestampTest, ReadsDatesAndDateTimes) {
  struct Case {
    std::string text;
    std::string meaning;  // "" where it is not a time.
  };
  for (const Case& c : {
           Case{"2025-01-15", "2025-01-15T00:00:00.000Z"},
           Case{"2025-01-15T07:52:26Z", "2025-01-15T07:52:26.000Z"},
           Case{"2025-01-15T07:52:26.5Z", "2025-01-15T07:52:26.500Z"},
           Case{"2025-01-15T09:52:26+02:00", "2025-01-15T07:52:26.000Z"},
           Case{"2025-13-01", ""},
           Case{"2025-01-15 07:52:26", ""},
           Case{"yesterday", ""},
           Case{"", ""},
       }) {
    const auto time = ParseTimestamp(c.text);
    EXPECT_EQ(time ? Timestamp(*time) : "", c.meaning) << c.text;
  }
}

TEST(TimestampTest, MidnightIsAtOrBefore) {
  EXPECT_EQ(Timestamp(Midnight(*ParseTimestamp("2025-01-15T23:59:59Z"))),
            "2025-01-15T00:00:00.000Z");
  EXPECT_EQ(Timestamp(Midnight(*ParseTimestamp("2025-01-15"))),
            "2025-01-15T00:00:00.000Z");
}

}  // namespace
}  // namespace klarna::sandbox

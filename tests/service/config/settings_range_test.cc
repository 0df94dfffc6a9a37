// SPDX-License-Identifier: Apache-2.0
#include "service/config/settings_range.h"

#include <google/protobuf/duration.pb.h>
#include <gtest/gtest.h>

#include <string>

namespace klarna::config {
namespace {

TEST(SettingsRangeTest, TakesBothBounds) {
  ProblemReport report;
  EXPECT_EQ(IntegerIn({1, 10}, 1, "k", report), 1);
  EXPECT_EQ(IntegerIn({1, 10}, 10, "k", report), 10);
  google::protobuf::Duration duration;
  duration.set_seconds(1);
  duration.set_nanos(500000000);
  const absl::Duration bound = absl::Milliseconds(1500);
  EXPECT_EQ(DurationIn({bound, bound}, duration, "k", report), bound);
  EXPECT_TRUE(report.empty());
}

TEST(SettingsRangeTest, NamesTheBoundsOfWhatIsOutside) {
  ProblemReport report;
  IntegerIn({1, 10}, 0, "a", report);
  IntegerIn({1, 10}, 11, "b", report);
  google::protobuf::Duration duration;
  duration.set_seconds(-1);
  DurationIn({absl::ZeroDuration(), absl::Minutes(90)}, duration, "c", report);
  duration.set_seconds(5401);
  DurationIn({absl::Milliseconds(100), absl::Minutes(90)}, duration, "d",
             report);
  EXPECT_EQ(std::string(report.ToStatus("f").message()),
            "f: a: expected 1 to 10\n"
            "f: b: expected 1 to 10\n"
            "f: c: expected 0 to 1h30m\n"
            "f: d: expected 100ms to 1h30m");
}

}  // namespace
}  // namespace klarna::config

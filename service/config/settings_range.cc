// SPDX-License-Identifier: Apache-2.0
#include "service/config/settings_range.h"

#include <google/protobuf/duration.pb.h>

#include "absl/strings/str_cat.h"

namespace klarna::config {

absl::Duration DurationIn(const DurationRange& range,
                          const google::protobuf::Duration& value,
                          const std::string& key, ProblemReport& report) {
  const absl::Duration duration =
      absl::Seconds(value.seconds()) + absl::Nanoseconds(value.nanos());
  if (duration < range.min || duration > range.max) {
    report.Add(key, absl::StrCat("expected ", absl::FormatDuration(range.min),
                                 " to ", absl::FormatDuration(range.max)));
  }
  return duration;
}

int64_t IntegerIn(const IntegerRange& range, int64_t value,
                  const std::string& key, ProblemReport& report) {
  if (value < range.min || value > range.max) {
    report.Add(key, absl::StrCat("expected ", range.min, " to ", range.max));
  }
  return value;
}

}  // namespace klarna::config

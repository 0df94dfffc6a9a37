// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "service/config/problem_report.h"

namespace google::protobuf {
class Duration;
}

namespace klarna::config {

// Bounds of a setting, both included.
struct DurationRange {
  absl::Duration min;
  absl::Duration max;
};
struct IntegerRange {
  int64_t min;
  int64_t max;
};

// The value of the setting `key`. Outside of the range it becomes a problem
// that names the bounds:
//
//   DurationIn({absl::Seconds(1), absl::Minutes(10)}, settings.total(),
//              "accounts[0].timeouts.total", report)
//
//   accounts[0].timeouts.total: expected 1s to 10m
absl::Duration DurationIn(const DurationRange& range,
                          const google::protobuf::Duration& value,
                          const std::string& key, ProblemReport& report);
int64_t IntegerIn(const IntegerRange& range, int64_t value,
                  const std::string& key, ProblemReport& report);

}  // namespace klarna::config

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "service/observability/json_log.h"

namespace klarna::testing {

// A log that keeps every line of every level, as JsonLog would write it in the
// first second of 1970.
class RecordedLog final : public observability::Log {
 public:
  bool Enabled(observability::Level) const override { return true; }
  void Write(observability::Level level, std::string_view message,
             observability::LogFields fields) override {
    lines_.push_back(
        observability::JsonLogLine(absl::UnixEpoch(), level, message, fields));
  }

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

}  // namespace klarna::testing

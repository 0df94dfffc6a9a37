// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace klarna::sandbox {

// Klarna's usual form of a time, always in UTC:
//   Timestamp(absl::FromUnixSeconds(1481701946))  // "2016-12-14T07:52:26.000Z"
std::string Timestamp(absl::Time time);
void AppendTimestamp(std::string* out, absl::Time time);

// Reads a date-time with zone, or a bare date, which means its midnight in UTC.
std::optional<absl::Time> ParseTimestamp(absl::string_view text);

// The midnight (UTC) at or before `time`.
absl::Time Midnight(absl::Time time);

}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/timestamp.h"

#include <algorithm>
#include <cstdint>

namespace klarna::sandbox {
namespace {

constexpr int64_t kDay = 24 * 60 * 60 * int64_t{1000};

struct Date {
  int64_t year;
  int64_t month;
  int64_t day;
};

// Gregorian date of a day counted from 1970-01-01, without a time zone's cost:
// every row of a page of transactions has two of them. Years begin in March
// here, so that the leap day is the last of its year.
Date DateOf(int64_t days) {
  days += 719468;
  const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const int64_t of_era = days - era * 146097;
  const int64_t year =
      (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const int64_t month = (5 * of_year + 2) / 153;
  return {.year = year + era * 400 + (month >= 10 ? 1 : 0),
          .month = month < 10 ? month + 3 : month - 9,
          .day = of_year - (153 * month + 2) / 5 + 1};
}

void WriteDigits(char* out, int64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) {
    out[i] = static_cast<char>('0' + value % 10);
  }
}

}  // namespace

void AppendTimestamp(std::string* out, absl::Time time) {
  const int64_t millis = std::max<int64_t>(absl::ToUnixMillis(time), 0);
  const Date date = DateOf(millis / kDay);
  const int64_t of_day = millis % kDay;
  char text[] = "0000-00-00T00:00:00.000Z";
  WriteDigits(text, date.year, 4);
  WriteDigits(text + 5, date.month, 2);
  WriteDigits(text + 8, date.day, 2);
  WriteDigits(text + 11, of_day / 3600000, 2);
  WriteDigits(text + 14, of_day / 60000 % 60, 2);
  WriteDigits(text + 17, of_day / 1000 % 60, 2);
  WriteDigits(text + 20, of_day % 1000, 3);
  out->append(text, sizeof(text) - 1);
}

std::string Timestamp(absl::Time time) {
  std::string text;
  AppendTimestamp(&text, time);
  return text;
}

std::optional<absl::Time> ParseTimestamp(absl::string_view text) {
  absl::Time time;
  std::string error;
  if (text.size() == 10 && absl::ParseTime("%Y-%m-%d", text, &time, &error)) {
    return time;
  }
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return time;
  return std::nullopt;
}

absl::Time Midnight(absl::Time time) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  return absl::FromUnixSeconds(seconds - ((seconds % 86400) + 86400) % 86400);
}

}  // namespace klarna::sandbox

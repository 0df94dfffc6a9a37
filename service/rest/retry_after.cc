// SPDX-License-Identifier: Apache-2.0
#include "service/rest/retry_after.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

namespace klarna::rest {
namespace {

constexpr absl::Duration kLongest = absl::Minutes(1);
// IMF-fixdate of RFC 9110; its obsolete forms are not met.
constexpr char kDate[] = "%a, %d %b %Y %H:%M:%S GMT";

std::optional<absl::Duration> ParseSeconds(absl::string_view text) {
  if (text.empty() ||
      !std::all_of(text.begin(), text.end(), absl::ascii_isdigit)) {
    return std::nullopt;
  }
  int64_t seconds;
  if (!absl::SimpleAtoi(text, &seconds)) return kLongest;  // It overflows.
  return absl::Seconds(seconds);
}

std::optional<absl::Duration> ParseDate(absl::string_view text,
                                        absl::Time now) {
  absl::Time date;
  if (!absl::ParseTime(kDate, text, &date, nullptr)) return std::nullopt;
  // The parser takes more than the form: other spaces, a wrong day of the week.
  if (absl::FormatTime(kDate, date, absl::UTCTimeZone()) != text) {
    return std::nullopt;
  }
  return std::max(date - now, absl::ZeroDuration());
}

}  // namespace

std::optional<absl::Duration> RetryHint(const http::Headers& headers,
                                        absl::Time now) {
  const absl::string_view retry_after =
      http::FindHeader(headers, "Retry-After");
  std::optional<absl::Duration> hint = ParseSeconds(retry_after);
  if (!hint) hint = ParseDate(retry_after, now);
  if (!hint) {
    hint = ParseSeconds(http::FindHeader(headers, "X-Ratelimit-Reset"));
  }
  if (hint) hint = std::min(*hint, kLongest);
  return hint;
}

absl::Duration RetryDelay(const http::Headers& headers, absl::Time now,
                          absl::Duration fallback) {
  return RetryHint(headers, now).value_or(fallback);
}

}  // namespace klarna::rest

// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/quota.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/rest/retry_after.h"

namespace klarna::upstream {
namespace {

// Of what is granted a second: 97 % as rate and 2 % at once stay below it in
// every second, wherever the second begins.
constexpr double kRate = 0.97;
constexpr double kBurst = 0.02;
// Of the bucket, for changes.
constexpr double kReserve = 0.5;
// Rounding of a wait must not cost another one.
constexpr double kEnough = 1e-6;
constexpr absl::Duration kShortestWait = absl::Milliseconds(1);
constexpr absl::Duration kShortestStop = absl::Milliseconds(100);
constexpr absl::Duration kLongestStop = absl::Minutes(1);

// Of "40, 40;w=1": the limit, then each policy with its window in seconds.
double LimitPerSecond(absl::string_view header) {
  double limit = 0;
  double window = 1;
  for (absl::string_view part : absl::StrSplit(header, ',')) {
    const std::vector<absl::string_view> words = absl::StrSplit(part, ';');
    if (limit == 0 && !absl::SimpleAtod(words[0], &limit)) return 0;
    for (absl::string_view word : words) {
      if (absl::ConsumePrefix(&word, "w=") &&
          !absl::SimpleAtod(word, &window)) {
        return 0;
      }
    }
  }
  const bool plausible =
      limit >= 1 && limit <= 1e6 && window >= 1 && window <= 3600;
  return plausible ? limit / window : 0;
}

absl::Duration StopOf(const http::Headers& headers, absl::Time now) {
  return std::clamp(rest::RetryDelay(headers, now, absl::Seconds(1)),
                    kShortestStop, kLongestStop);
}

double SizeAt(double rate) { return std::max(1.0, rate * kBurst); }

}  // namespace

void Quota::Use(const config::Quota& granted, int replicas) {
  granted_ = granted;
  replicas_ = replicas;
}

double Quota::RateOf(rest::v1::QuotaCategory category) const {
  double rate = category == rest::v1::QUOTA_CATEGORY_UNSPECIFIED
                    ? granted_.calls_per_second
                    : granted_.sessions_per_second;
  const double heard = buckets_[static_cast<size_t>(category)].heard;
  if (heard > 0) rate = rate > 0 ? std::min(rate, heard) : heard;
  return rate * kRate / replicas_;
}

void Quota::Fill(rest::v1::QuotaCategory category, runtime::Instant now) {
  Bucket& bucket = BucketOf(category);
  const double rate = RateOf(category);
  if (rate == 0 || now <= bucket.filled) return;
  bucket.tokens = std::min(
      SizeAt(rate),
      bucket.tokens + rate * absl::ToDoubleSeconds(now - bucket.filled));
  bucket.filled = now;
}

std::optional<Quota::Place> Quota::Join(rest::v1::QuotaCategory category,
                                        bool change,
                                        const std::string& account) {
  FairQueue& queue = QueueOf(BucketOf(category), change);
  if (!queue.Join(account, ++last_number_)) return std::nullopt;
  return Place{category, change, account, last_number_};
}

absl::Duration Quota::Take(const Place& place, runtime::Instant now) {
  Bucket& bucket = BucketOf(place.category);
  const runtime::Instant begins =
      std::max(stopped_until_, bucket.stopped_until);
  if (now < begins) return std::max(begins - now, kShortestWait);
  const double rate = RateOf(place.category);
  if (rate == 0) {
    Leave(place);
    return absl::ZeroDuration();
  }
  Fill(place.category, now);
  FairQueue& queue = QueueOf(bucket, place.change);
  double needed =
      1 + static_cast<double>(queue.Ahead(place.account, place.number));
  if (!place.change) {
    needed += static_cast<double>(bucket.changes.size()) +
              (SizeAt(rate) - 1) * kReserve;
  }
  if (bucket.tokens + kEnough >= needed) {
    bucket.tokens -= 1;
    queue.Serve(place.account, place.number);
    return absl::ZeroDuration();
  }
  return std::max(absl::Seconds((needed - bucket.tokens) / rate),
                  kShortestWait);
}

void Quota::Leave(const Place& place) {
  QueueOf(BucketOf(place.category), place.change)
      .Leave(place.account, place.number);
}

void Quota::Heard(rest::v1::QuotaCategory category, int status,
                  const http::Headers& headers, runtime::Instant now,
                  absl::Time wall_now) {
  Bucket& bucket = BucketOf(category);
  const double limit =
      LimitPerSecond(http::FindHeader(headers, "X-Ratelimit-Limit"));
  if (limit > 0) bucket.heard = limit;
  if (status == 429) {
    stopped_until_ = std::max(stopped_until_, now + StopOf(headers, wall_now));
    for (Bucket& each : buckets_) Empty(stopped_until_, each);
    return;
  }
  int remaining = 0;
  if (!absl::SimpleAtoi(http::FindHeader(headers, "X-Ratelimit-Remaining"),
                        &remaining) ||
      remaining < 0) {
    return;
  }
  Fill(category, now);
  bucket.tokens = std::min(bucket.tokens, static_cast<double>(remaining));
  if (remaining == 0) {
    bucket.stopped_until =
        std::max(bucket.stopped_until, now + StopOf(headers, wall_now));
    Empty(bucket.stopped_until, bucket);
  }
}

}  // namespace klarna::upstream

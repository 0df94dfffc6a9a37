// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/intent.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "service/auth/digest.h"
#include "service/auth/uuid.h"
#include "service/rest/status_details.h"

namespace klarna::gateway {
namespace {

// The namespace of the gateway's idempotency keys. Changing it would change
// every key, and with that forget what Klarna has executed.
constexpr absl::string_view kKeyNamespace =
    "5b1d6f0e-51f5-4c3a-9d6b-2c8f2f0a7e41";
constexpr size_t kMaxRequestId = 64;
// How far the clocks of callers may run ahead.
constexpr absl::Duration kClockSkew = absl::Minutes(5);

std::string KeyOf(const IntentScope& scope, absl::string_view request_id) {
  constexpr size_t kUsual = 256;
  std::string name;
  name.reserve(kUsual);
  for (absl::string_view part :
       {scope.tenant, absl::string_view(scope.account.merchant_key),
        absl::string_view(scope.route.label), scope.path, request_id}) {
    absl::StrAppend(&name, part.size(), ":", part);
  }
  return auth::NameUuid({kKeyNamespace.data(), kKeyNamespace.size()}, name);
}

absl::Status CheckRequestId(absl::string_view request_id, absl::Time now,
                            runtime::Random& random) {
  if (request_id.empty()) {
    return rest::InvalidField(
        "request_id",
        absl::StrCat("is required: it keeps a change from happening twice. "
                     "Make one when you decide to make the change, store it, "
                     "and send the same one with every try, such as ",
                     auth::TimeUuid(now, random)));
  }
  if (!IsRequestId(request_id)) {
    return rest::InvalidField(
        "request_id", "must be 1 to 64 printable ASCII characters, no spaces");
  }
  return absl::OkStatus();
}

// The range of google.protobuf.Timestamp: the years 1 to 9999.
bool IsValid(const google::protobuf::Timestamp& time) {
  return time.seconds() >= -62135596800 && time.seconds() <= 253402300799 &&
         time.nanos() >= 0 && time.nanos() < 1000000000;
}

}  // namespace

bool IsRequestId(absl::string_view request_id) {
  return !request_id.empty() && request_id.size() <= kMaxRequestId &&
         std::all_of(request_id.begin(), request_id.end(),
                     [](char c) { return c > 0x20 && c < 0x7f; });
}

absl::StatusOr<absl::Time> FirstAttempt(
    absl::string_view request_id,
    const google::protobuf::Timestamp* first_attempt_at) {
  const std::optional<absl::Time> made =
      auth::TimeOfUuid({request_id.data(), request_id.size()});
  if (made) return *made;
  if (first_attempt_at == nullptr) {
    return rest::InvalidField(
        "first_attempt_at",
        "is required when request_id is not a UUID version 7: Klarna forgets a "
        "change after 24 hours, so its age must be known");
  }
  if (!IsValid(*first_attempt_at)) {
    return rest::InvalidField("first_attempt_at", "is not a valid time");
  }
  return absl::FromUnixSeconds(first_attempt_at->seconds()) +
         absl::Nanoseconds(first_attempt_at->nanos());
}

// A clock that is ahead hides how old the id is.
bool MayBeTriedBefore(absl::Time first_attempt, absl::Time now) {
  return absl::AbsDuration(now - first_attempt) > kFirstTry;
}

absl::StatusOr<Intent> MakeIntent(
    const IntentScope& scope, absl::string_view request_id,
    const google::protobuf::Timestamp* first_attempt_at,
    absl::string_view content, absl::Time now, runtime::Random& random) {
  if (absl::Status status = CheckRequestId(request_id, now, random);
      !status.ok()) {
    return status;
  }
  absl::StatusOr<absl::Time> first_attempt =
      FirstAttempt(request_id, first_attempt_at);
  if (!first_attempt.ok()) return first_attempt.status();
  if (*first_attempt > now + kClockSkew) {
    return rest::InvalidField(
        "request_id", "its time lies in the future; check the caller's clock");
  }
  Intent intent;
  intent.request_id = std::string(request_id);
  intent.key = KeyOf(scope, request_id);
  intent.content_hash = auth::Sha256({content.data(), content.size()});
  intent.first_attempt = *first_attempt;
  intent.maybe_tried_before = MayBeTriedBefore(*first_attempt, now);
  return intent;
}

}  // namespace klarna::gateway

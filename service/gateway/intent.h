// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "service/config/config.h"
#include "service/rest/request_binder.h"
#include "service/rest/route.h"
#include "service/runtime/random.h"

namespace klarna::gateway {

// The caller's will to change something, told apart from others by request_id.
struct Intent {
  // As the caller sent it.
  std::string request_id;
  // Klarna-Idempotency-Key. The same on every replica and after every restart.
  std::string key;
  // SHA-256 over what is to be done, as the caller sent it. Never part of the
  // key: Klarna looks at the key alone, so a change of mind under the same key
  // would be swallowed, and the gateway has to find it out.
  std::string content_hash;
  // When the caller first tried.
  absl::Time first_attempt;
  // Whether it may have tried before this call: at another replica, or here
  // before a restart.
  bool maybe_tried_before = false;
};

// A call whose time is this far from the first attempt's may be another one.
inline constexpr absl::Duration kFirstTry = absl::Seconds(5);

// Klarna honours a key for 24 hours from the first attempt. An hour before
// that the gateway no longer relies on it.
inline constexpr absl::Duration kIntentLifetime = absl::Hours(23);

// Klarna may take 59 seconds to answer, whether or not anybody waits for it.
// https://docs.klarna.com/acquirer/klarna-network/setup-your-integration/integration-resilience/request-timeout/
inline constexpr absl::Duration kSlowestChange = absl::Seconds(60);

// Whether a gateway takes this for a request_id: 1 to 64 printable ASCII
// characters, no spaces.
bool IsRequestId(absl::string_view request_id);

// When the change was first tried: what a UUID version 7 says, or else what the
// caller does. INVALID_ARGUMENT when neither tells.
absl::StatusOr<absl::Time> FirstAttempt(
    absl::string_view request_id,
    const google::protobuf::Timestamp* first_attempt_at);

// Whether an id of this time may have come with an earlier call.
bool MayBeTriedBefore(absl::Time first_attempt, absl::Time now);

// What identifies an intent besides its request_id.
struct IntentScope {
  absl::string_view tenant;
  const config::Account& account;
  const rest::Route& route;
  absl::string_view path;  // Bound, so with its parameters.
};

// Checks request_id and makes the intent. INVALID_ARGUMENT when the id is
// missing (the text shows a fresh one), too long, not printable, from the
// future, or no UUID version 7 and without a first attempt. `content` is the
// bound call as the caller meant it.
absl::StatusOr<Intent> MakeIntent(
    const IntentScope& scope, absl::string_view request_id,
    const google::protobuf::Timestamp* first_attempt_at,
    absl::string_view content, absl::Time now, runtime::Random& random);

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/auth/secret.h"
#include "service/runtime/clock.h"

namespace klarna::gateway {

// A place in a list: right before an entity.
struct Position {
  // Offset lists: entities of the list before the page. Other lists: 0.
  int64_t offset = 0;
  // Cursor lists: the cursor that fetches the page; empty for the first.
  std::string cursor = {};
  // Entities of the page to leave out.
  int64_t skip = 0;
  // Entities before this place, counted since the start of the first stream.
  int64_t delivered = 0;
  // What the list first said of its total; -1 if nothing. One that says
  // otherwise later was changed while it was read.
  int64_t first_total = -1;

  friend bool operator==(const Position&, const Position&) = default;
};

// Makes resume tokens and reads them back. A token is opaque to the caller:
// version, expiry, position and a fingerprint of the list it belongs to, signed
// with HMAC-SHA-256, in URL-safe base64. Replicas that share the secret accept
// each other's tokens. Thread-safe.
class ResumeTokens {
 public:
  // The first secret signs, all of them verify, so that a secret can be
  // replaced without breaking the streams that are under way.
  ResumeTokens(std::vector<auth::Secret> secrets, absl::Duration lifetime,
               const runtime::Clock& clock)
      : secrets_(std::move(secrets)), lifetime_(lifetime), clock_(clock) {}

  // `list` says what is listed: tenant, account, operation and filters, in any
  // fixed form. A token is refused for another one.
  std::string Make(const Position& position, std::string_view list) const;

  // INVALID_ARGUMENT: altered, truncated, signed with another secret, expired,
  // of a version this build does not know, or made for another list.
  absl::StatusOr<Position> Read(std::string_view token,
                                std::string_view list) const;

 private:
  const std::vector<auth::Secret> secrets_;
  const absl::Duration lifetime_;
  const runtime::Clock& clock_;
};

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/admission.h"

#include <algorithm>

#include "absl/strings/string_view.h"
#include "service/rest/status_details.h"

namespace klarna::rpc {
namespace {

constexpr absl::Duration kStreamsWait = absl::Milliseconds(100);
constexpr absl::Duration kChangesWait = absl::Milliseconds(300);
constexpr absl::Duration kRetryAfter = absl::Milliseconds(500);

absl::Status Overloaded(absl::string_view why) {
  absl::Status status = rest::GatewayError(absl::StatusCode::kResourceExhausted,
                                           "OVERLOADED", why);
  rest::AddRetryInfo(kRetryAfter, status);
  return status;
}

}  // namespace

void Backlog::Add(runtime::Instant now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  waiting_.push_back(now);
}

void Backlog::Begin() {
  const std::lock_guard<std::mutex> lock(mutex_);
  waiting_.pop_front();
}

absl::Duration Backlog::Wait(runtime::Instant now) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiting_.empty() ? absl::ZeroDuration() : now - waiting_.front();
}

void Admission::Use(int max_streams, int max_changes) {
  streams_.most = max_streams;
  changes_.most = max_changes;
}

absl::StatusOr<Admission::Ticket> Admission::Admit(Kind kind,
                                                   absl::Duration wait,
                                                   size_t request_bytes) {
  const bool stream = kind == Kind::kStream;
  if (wait > (stream ? kStreamsWait : kChangesWait)) {
    return Overloaded(
        "this replica is behind with the calls it has; nothing was sent");
  }
  Bound& bound = stream ? streams_ : changes_;
  if (++bound.count > bound.most) {
    --bound.count;
    return Overloaded(stream ? "this replica has as many streams open as it "
                               "may (limits.max_streams)"
                             : "this replica has as many changes under way as "
                               "it may (limits.max_changes); nothing was sent");
  }
  Ticket ticket(bound.count, request_bytes_, request_bytes);
  const size_t most =
      request_bytes > kSmallRequest ? kRequestBytes / 4 * 3 : kRequestBytes;
  if (request_bytes_.fetch_add(request_bytes) + request_bytes > most) {
    return Overloaded(
        "this replica holds as many bytes of requests as it may; nothing was "
        "sent");
  }
  return ticket;
}

}  // namespace klarna::rpc

// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/told.h"

#include "google/rpc/error_details.pb.h"
#include "service/rest/status_details.h"

namespace klarna::simulation {
namespace {

int Certainty(const Told& told) {
  switch (told.outcome.verdict()) {
    case gateway::v1::VERDICT_APPLIED:
      return 2;
    case gateway::v1::VERDICT_UNKNOWN:
      return 1;
    default:
      return 0;
  }
}

bool SaysSafeToResend(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  if (!rest::GetDetail(status, info)) return false;
  const auto safe = info.metadata().find("safe_to_resend");
  return safe != info.metadata().end() && safe->second == "true";
}

}  // namespace

Told WhatWasTold(const testing::PublishCaller& caller) {
  Told told;
  told.outcome = testing::OutcomeOf(caller).value_or(gateway::v1::Outcome());
  google::rpc::RetryInfo retry;
  if (rest::GetDetail(caller.status(), retry)) {
    told.retry_after = absl::Seconds(retry.retry_delay().seconds()) +
                       absl::Nanoseconds(retry.retry_delay().nanos());
  }
  // Where there was no room, there may be later.
  told.safe_to_resend = SaysSafeToResend(caller.status()) ||
                        absl::IsResourceExhausted(caller.status());
  told.refused = absl::IsInvalidArgument(caller.status()) &&
                 told.outcome.verdict() == gateway::v1::VERDICT_UNKNOWN;
  return told;
}

bool WorthAnotherCall(const Told& told) {
  switch (told.outcome.verdict()) {
    case gateway::v1::VERDICT_NOT_SENT:
      return true;
    case gateway::v1::VERDICT_UNKNOWN:
      return told.safe_to_resend;
    default:
      return false;
  }
}

const Told& MoreCertain(const Told& a, const Told& b) {
  return Certainty(b) > Certainty(a) ? b : a;
}

}  // namespace klarna::simulation

// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/verdict.h"

namespace klarna::upstream {
namespace {

AttemptVerdict JudgeSuccess(const AttemptContext& context,
                            const Answer& answer) {
  if (!context.result_expected && answer.body.empty()) {
    return AttemptVerdict::kApplied;
  }
  return context.result_valid ? AttemptVerdict::kApplied
                              : AttemptVerdict::kMaybe;
}

}  // namespace

absl::string_view AttemptVerdictName(AttemptVerdict verdict) {
  switch (verdict) {
    case AttemptVerdict::kNotSent:
      return "not sent";
    case AttemptVerdict::kRejected:
      return "rejected";
    case AttemptVerdict::kApplied:
      return "applied";
    case AttemptVerdict::kMaybe:
      return "maybe";
  }
  return "";
}

bool MayFollowASuccess(int status) {
  return status == 401 || status == 403 || status == 409 || status == 429;
}

AttemptVerdict Judge(const AttemptContext& context, absl::string_view method,
                     const Answer& answer) {
  if (!answer.complete()) {
    return answer.transfer.request_sent ? AttemptVerdict::kMaybe
                                        : AttemptVerdict::kNotSent;
  }
  if (answer.success()) return JudgeSuccess(context, answer);
  const int status = answer.head.status;
  const bool keyed = context.idempotency == rest::v1::IDEMPOTENCY_KEYED;
  const bool absolute = context.idempotency == rest::v1::IDEMPOTENCY_ABSOLUTE;
  const bool deletes = absolute && method == "DELETE";
  if (status == 404 && context.maybe_before && deletes && context.klarnas_own) {
    return AttemptVerdict::kApplied;
  }
  // What is changed for good may be found no more, and a token is used up.
  if (context.doubt && (!context.klarnas_own || MayFollowASuccess(status) ||
                        (status == 404 && absolute))) {
    return AttemptVerdict::kMaybe;
  }
  const bool refusal = status >= 400 && status < 500 && status != 408;
  const bool first_under_way = status == 409 && keyed;
  return refusal && !context.maybe_before && !first_under_way
             ? AttemptVerdict::kRejected
             : AttemptVerdict::kMaybe;
}

}  // namespace klarna::upstream

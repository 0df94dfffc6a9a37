// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/strings/string_view.h"
#include "klarna/rest/v1/rest.pb.h"
#include "service/upstream/exchange.h"

namespace klarna::upstream {

// What one attempt to make a change says about the change.
enum class AttemptVerdict {
  kNotSent,   // No byte of it left. It may be sent again.
  kRejected,  // The upstream refused it and executed nothing.
  kApplied,   // It took effect.
  kMaybe,     // It may have taken effect or not.
};

absl::string_view AttemptVerdictName(AttemptVerdict verdict);

// What is known besides the answer itself.
struct AttemptContext {
  rest::v1::Idempotency idempotency = rest::v1::IDEMPOTENCY_NEVER;
  // An earlier attempt of the same intent ended kMaybe: what is refused now may
  // be refused because that one was executed.
  bool maybe_before = false;
  // There may have been an earlier attempt that nobody here knows of, at
  // another replica or before a restart.
  bool doubt = false;
  // A refusal has an error code of Klarna's, which what stands before it does
  // not know.
  bool klarnas_own = false;
  // A success carries a JSON result.
  bool result_expected = false;
  // Whether the body of the answer is what a success must carry; looked at for
  // a success only.
  bool result_valid = false;
};

// Whether a refusal is not of the content, so that the same change may be
// refused like this before or after it succeeds.
bool MayFollowASuccess(int status);

// The one place that decides what an attempt means. The table, first match:
//
//   not sent                                                kNotSent
//   broken off, timed out, not decodable                    kMaybe
//   2xx but 205, 206: result as documented, or an empty or
//       JSON body where none is documented                  kApplied
//   other 2xx                                               kMaybe
//   Klarna's own 404 after a kMaybe of an absolute change
//       by DELETE                                           kApplied
//   in doubt: 404 of such a change; 401, 403, 409, 429,
//       which may be said whatever an earlier attempt did;
//       4xx that is not Klarna's own                        kMaybe
//   4xx but 408, with no kMaybe before, and not the 409 of
//       a keyed change (its first attempt is under way)     kRejected
//   all else: 1xx, 3xx, 4xx, 5xx                            kMaybe
AttemptVerdict Judge(const AttemptContext& context, absl::string_view method,
                     const Answer& answer);

}  // namespace klarna::upstream

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace klarna::transform {

// The largest whole number that jq, which knows doubles only, keeps apart from
// its neighbours.
inline constexpr double kMaxWholeNumber = 9007199254740991;

// Whether a JSON number comes out of jq with the value that went in: whole
// numbers up to kMaxWholeNumber either way, fractions that a double's shortest
// text gives back. Spelling may change: 1.10 comes out as 1.1.
bool SurvivesJq(std::string_view number);

// Checks a document on its way into jq or out of it. INVALID_ARGUMENT with the
// JSON Pointer of the first value that jq would change: a number as above, or
// a string with half a surrogate pair; also for what is not strict JSON.
absl::Status CheckFidelity(std::string_view json);

}  // namespace klarna::transform

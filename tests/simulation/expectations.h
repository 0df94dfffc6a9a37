// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/strings/string_view.h"

namespace klarna::simulation {

// What callers may count on, by the simulated Klarna's names of operations.
// Written down apart from the engine's tables, so that a mistake in those is
// none here.

// Whether Klarna documents an idempotency key.
bool IsKeyed(absl::string_view operation);

// Whether it does no harm when one change happens twice. Of all others a second
// effect is money, a message to a person, or a state that nobody asked for.
bool SecondEffectIsHarmless(absl::string_view operation);

// Whether nothing can tell what became of a lost attempt: it has no key, must
// not be repeated, and no read shows it.
bool CannotBeSettled(absl::string_view operation);

// Whether only the last of several effects is still valid.
bool LastEffectCounts(absl::string_view operation);

}  // namespace klarna::simulation

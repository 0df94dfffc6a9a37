// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "service/runtime/random.h"

namespace klarna::auth {

// UUIDs as RFC 9562 writes them: 36 lower-case characters. All functions are
// pure and thread-safe.

// Version 5: the same name always gives the same UUID. `space` is the UUID of
// the namespace.
//
//   NameUuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com")
//       = "2ed6657d-e927-568b-95e1-2665a8aea6a2"
std::string NameUuid(std::string_view space, std::string_view name);

// Version 7, of this time.
std::string TimeUuid(absl::Time time, runtime::Random& random);

// When a version 7 UUID was made, to the millisecond. Nullopt for any other
// text. Upper case is read too.
std::optional<absl::Time> TimeOfUuid(std::string_view uuid);

}  // namespace klarna::auth

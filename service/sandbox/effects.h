// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "service/sandbox/call.h"
#include "service/sandbox/ledger.h"

namespace klarna::sandbox {

// The host that Klarna's answers name in links. Clients of the sandbox are on
// another one, as Klarna's documents' own examples are.
inline constexpr absl::string_view kHost = "https://api.playground.klarna.com";

// Writes what a call did into the ledger.
void Record(const Call& call, absl::string_view resource, int64_t amount,
            Ledger* ledger);

}  // namespace klarna::sandbox

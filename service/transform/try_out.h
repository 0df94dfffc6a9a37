// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "service/config/config.h"
#include "service/runtime/clock.h"

namespace klarna::transform {

// Runs the transformer called `name` over one document in a worker of its own,
// as a call would run it: `klarna-gateway transform NAME`. Errors are those of
// WorkerProcess, and NOT_FOUND with the names there are.
absl::StatusOr<std::string> TryOut(
    const std::vector<config::Transformer>& transformers, std::string_view name,
    std::string_view input, const runtime::Clock& clock);

}  // namespace klarna::transform

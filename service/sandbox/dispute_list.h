// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/sandbox/call.h"
#include "service/sandbox/dispute.h"

namespace klarna::sandbox {

// The disputes that a list call's filters leave, in the order it asks for:
// by creation if it asks for none. Filters of one name are alternatives.
std::vector<const Dispute*> SelectDisputes(
    const Call& call, const std::vector<std::unique_ptr<Dispute>>& disputes);

// The opaque cursor of a dispute, and the number of the dispute in it.
std::string CursorOf(const Dispute& dispute);
std::optional<uint64_t> NumberInCursor(absl::string_view cursor);

}  // namespace klarna::sandbox

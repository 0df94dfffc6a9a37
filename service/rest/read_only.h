// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "service/rest/route.h"

namespace klarna::rest {

// Refuses an operation, given as its wire bytes, whose body holds what only
// Klarna sets. INVALID_ARGUMENT with a field violation for each such field:
//
//   create_order.order.status: is Klarna's to set; ...
//
// Klarna takes some of these fields and ignores them, so a caller who sends one
// would believe to have set it. `unmapped`, and what a transformer makes of the
// call, is not looked at: that is how one is sent on purpose.
absl::Status CheckReadOnly(const Route& route, std::string_view operation);

}  // namespace klarna::rest

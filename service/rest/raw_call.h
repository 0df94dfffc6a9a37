// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "service/rest/request_binder.h"
#include "service/rest/route.h"

namespace klarna::rest {

// Binds a klarna.gateway.v1.RawCall, given as its wire bytes, as strictly as an
// operation of its own: a method of the RPC, a path below the service's roots
// whose segments are encoded here, headers of the service's operations, a
// payload that is JSON. INVALID_ARGUMENT naming the field for anything else.
absl::StatusOr<BoundRequest> BindRaw(const Method& method,
                                     std::string_view call);

}  // namespace klarna::rest

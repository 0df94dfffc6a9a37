// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/rest/request_binder.h"

namespace klarna::fuzz {

// The segments of a path, percent-decoded. Not one of them is empty, "." or
// "..", and nothing in the path is reserved: no server reads it differently.
std::vector<std::string> SegmentsOf(std::string_view path);

// Whatever the caller said, the call goes to the host that is configured, as
// one request: what http::CheckRequest wants, and a server that splits at '/',
// '?', '&' and '=' finds nothing else.
void CheckCall(const rest::BoundRequest& call);

}  // namespace klarna::fuzz

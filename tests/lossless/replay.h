// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/rest/request_binder.h"
#include "tests/lossless/operation.h"

namespace klarna::lossless {

// Takes an answer of the operation apart into typed message and unmapped
// values, puts it together again and compares. Not OK, saying what differs,
// when
//   - the typed message is not valid on the wire,
//   - a value is unmapped though it fits the typed message,
//   - the rebuilt JSON is another document: other members, values or number
//     texts. The order of members is free.
absl::Status ReplayAnswer(const Operation& operation,
                          const rest::ResultField& result,
                          std::string_view json);

// Takes a request body apart, as a caller would who had it as JSON, with what
// is read-only among the unmapped values; puts it into the operation message
// beside `fields`, the wire bytes of its other fields; binds that and compares
// the body as ReplayAnswer does.
absl::StatusOr<rest::BoundRequest> ReplayRequest(const Operation& operation,
                                                 std::string fields,
                                                 std::string_view json);

}  // namespace klarna::lossless

// SPDX-License-Identifier: Apache-2.0
//
// Strict decoding of what callers send: every field at every depth is one that
// this build knows, set once, and of the right form.
//
//   RETURN_IF_ERROR(CheckWire(request_bytes, *table));
//
// An ignored `dry_run` would capture money, so nothing unknown is ignored.
// Thread-safe. Errors name the message and the field, never a value.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "service/json/schema.h"

namespace klarna::json {

// UNIMPLEMENTED: a field number that the message does not have.
// INVALID_ARGUMENT: a wrong wire type, a group, truncation, broken UTF-8 in a
// string, a singular field or a oneof set twice, an int32 out of range, a bool
// other than 0 and 1, messages nested deeper than kMaxDepth.
// Repeated numbers may come packed or not.
absl::Status CheckWire(std::string_view wire, const MessageTable& table);

}  // namespace klarna::json

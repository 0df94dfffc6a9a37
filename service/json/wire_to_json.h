// SPDX-License-Identifier: Apache-2.0
//
// Protobuf wire -> JSON, and the unmapped values merged back in: the inverse
// of json_to_wire.h.
//
//   wire 08 64, unmapped {"/note", "null"}   ->   {"amount":100,"note":null}
//
// Fields are written when they are present on the wire; int64 as numbers,
// number texts digit by digit, strings with the fewest escapes. Members come
// in the order of the wire, merged ones after them.
//
// Each unmapped value is applied in order as the "add" of RFC 6902, with these
// refusals, all INVALID_ARGUMENT with the pointer: a member that is set
// already (by the message or by an earlier entry), a parent that is absent, not
// an object or list, or itself an unmapped value, an index past the end, text
// that is not strict JSON by the rules of json_to_wire.h. An empty pointer is
// the whole document and needs an empty message.
//
// The wire is expected to have passed CheckWire; anything else is refused or
// written as some JSON, safely. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "service/json/json_to_wire.h"
#include "service/json/schema.h"

namespace klarna::json {

// Appends one JSON document to `json`, which is left as it was on an error.
// `Unmapped::entity` is not looked at: pass the entries of this message only.
// FAILED_PRECONDITION: the message has no JSON form.
absl::Status Encode(std::string_view wire, const MessageTable& table,
                    absl::Span<const Unmapped> unmapped, std::string& json);

// Appends the JSON of a whole page as DecodePage took it.
absl::Status EncodePage(const DecodedPage& page, const MessageTable& wrapper,
                        int items_field_number, bool top_level_array,
                        std::string& json);

}  // namespace klarna::json

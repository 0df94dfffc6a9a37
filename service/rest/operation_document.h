// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "service/json/json_to_wire.h"
#include "service/rest/route.h"

namespace klarna::rest {

// An operation as one JSON document, for transformers:
//
//   {"operation": "order_management.create_capture",
//    "path":      {"order_id": "o1"},
//    "query":     {},
//    "payload":   {"captured_amount": 1000}}    null without a JSON body
//
// Header fields are not in it; they go to Klarna as the caller set them.

// Whether the operation has such a document. An upload of files and a raw call
// have none.
bool HasDocument(const Route& route);

// The document of an operation message, `unmapped` merged into the payload.
// `operation` must have passed json::CheckWire and Bind.
absl::StatusOr<std::string> WriteDocument(
    const Route& route, std::string_view operation,
    absl::Span<const json::Unmapped> unmapped);

// What Bind takes.
struct Operation {
  std::string wire;
  std::vector<json::Unmapped> unmapped;
};

// The operation message of a document, with the header fields of the one that
// the document was written of. INVALID_ARGUMENT with the JSON Pointer of what
// does not fit: the four members must be there, `operation` as it was; path and
// query hold parameters of the operation in their types; a member of the
// payload that the protos know has their type, or is null or an empty list.
// Members that they do not know pass. Values are not quoted.
absl::StatusOr<Operation> ReadDocument(const Route& route,
                                       std::string_view operation,
                                       std::string_view document);

}  // namespace klarna::rest

// SPDX-License-Identifier: Apache-2.0
//
// Finds what only Klarna sets in a message that is to be sent to it.
//
//   {status: "complete", lines: [{}, {id: "7"}]}   ->   status, lines[1].id
//
// The wire is expected to have passed CheckWire; of anything else it finds what
// it can, safely. Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "service/json/schema.h"

namespace klarna::json {

// Paths of the fields marked klarna.rest.v1.read_only that are present, by
// their names in the .proto and in the order of the wire, at most `most`. A
// list is one field.
std::vector<std::string> FindReadOnly(std::string_view wire,
                                      const MessageTable& table, size_t most);

}  // namespace klarna::json

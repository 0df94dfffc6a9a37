// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "service/json/json_to_wire.h"
#include "service/json/schema.h"

namespace klarna::lossless {

// Takes the read-only fields out of the typed message and puts them among the
// unmapped values, as a caller would who has to send them:
//
//   {amount: 1, status: "complete"}   ->   {amount: 1}
//                                          unmapped /status "\"complete\""
//
// What is unmapped below such a field becomes part of its value.
absl::Status MoveReadOnlyToUnmapped(const json::MessageTable& table,
                                    json::DecodedMessage& message);

}  // namespace klarna::lossless

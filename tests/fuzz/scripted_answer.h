// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "tests/fuzz/input.h"
#include "tests/service/gateway/scripted_transport.h"

namespace klarna::fuzz {

// The answer that an upstream gives in an input, read as the transport reads
// it from the wire:
//
//   HTTP/1.1 201 Created
//   Capture-Id: 1
//
//   {"capture_id": "1"}
//
// Before it may stand how the transfer ends after it: "!connect", "!reset"...
testing::ScriptedAnswer ParseAnswer(std::string_view text);

// Those of the parts from `first` on. Behind them nothing listens any more.
inline constexpr size_t kAnswers = 100;
std::vector<testing::ScriptedAnswer> ParseAnswers(const Input& input,
                                                  size_t first);

// A success that came whole.
bool WholeSuccess(const testing::ScriptedAnswer& answer);

}  // namespace klarna::fuzz

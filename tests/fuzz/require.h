// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace klarna::fuzz {

// Ends the program with `what` unless `holds`: the target has found an input
// that breaks what it promises.
void Require(bool holds, std::string_view what);

}  // namespace klarna::fuzz

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace klarna::sandbox {

// A small valid PDF of one page with these lines of ASCII text on it.
std::string MakePdf(const std::vector<std::string>& lines);

}  // namespace klarna::sandbox

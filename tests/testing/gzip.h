// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace klarna::testing {

// `text` as a gzip stream.
std::string Gzip(std::string_view text);

}  // namespace klarna::testing

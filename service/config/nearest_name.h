// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace klarna::config {

// The name that was probably meant, or "" if none is near: at most a third of
// the letters of `word` has to change, without regard to case. `names` are in
// lower case.
//
//   NearestName("merchantKey", {"name", "merchant_key"}) = "merchant_key"
std::string NearestName(std::string_view word,
                        const std::vector<std::string>& names);

}  // namespace klarna::config

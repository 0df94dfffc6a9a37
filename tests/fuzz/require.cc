// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/require.h"

#include <cstdio>
#include <cstdlib>

namespace klarna::fuzz {

void Require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(what.size()),
               what.data());
  std::abort();
}

}  // namespace klarna::fuzz

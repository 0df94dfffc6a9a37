// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace klarna::cli {

// The JSON Schema of the configuration file, for editors that complete and
// check YAML. What it lets through, `validate` may still refuse: it knows
// nothing of secrets and of what concerns more than one value.
std::string ConfigSchema();

}  // namespace klarna::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace klarna::cli {

// Every key of the configuration, as the second half of
// deploy/configuration.md: a section for each message, then all flags and
// variables. Markdown.
std::string ConfigPage();

}  // namespace klarna::cli

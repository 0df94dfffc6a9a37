// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace klarna::cli {

// The settings as --help shows them: flag, bounds and default, meaning.
std::string SettingsHelp();

}  // namespace klarna::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "service/auth/file_reader.h"
#include "service/auth/secret_source.h"
#include "service/cli/command_line.h"

namespace klarna::cli {

// The text that a command prints. Every command but kServe ends with it.
absl::StatusOr<std::string> RunCommand(
    const CommandLine& line, const auth::FileReader& files,
    const auth::EnvironmentLookup& environment);

// The configuration in force, as a file that means the same: every value that
// counts, with where it was given beside it. Secrets are not in it, only where
// they stand.
std::string PrintConfig(const config::LoadedConfig& loaded,
                        const std::string& file);

// A variable of the process.
std::optional<std::string> LookUpEnvironment(const std::string& name);

}  // namespace klarna::cli

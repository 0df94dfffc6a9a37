// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "service/auth/file_reader.h"
#include "service/auth/secret_source.h"
#include "service/config/config.h"

namespace klarna::config {

// Reads a YAML file and the secrets that it names. Relative paths in it start
// at the folder of `path`.
//
//   absl::StatusOr<Config> config =
//       LoadConfig("gateway.yaml", files, environment);
//   if (!config.ok()) Fail(config.status().message());
//
// INVALID_ARGUMENT with one problem a line, each with file:line:column, the key
// and what to do; NOT_FOUND and the like when `path` itself cannot be read. No
// text holds a value of the file or a secret. Thread-safe.
absl::StatusOr<Config> LoadConfig(const std::string& path,
                                  const auth::FileReader& files,
                                  const auth::EnvironmentLookup& environment);

}  // namespace klarna::config

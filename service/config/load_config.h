// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/auth/file_reader.h"
#include "service/auth/secret_source.h"
#include "service/config/config.h"
#include "service/config/given_settings.h"
#include "service/config/problem_report.h"

namespace google::protobuf {
class Message;
}

namespace klarna::config {

// Where settings come from; a flag counts before an environment variable, and
// that before the file.
struct ConfigSources {
  std::string file = {};  // Its path. Empty: none.
  std::vector<GivenSetting> environment = {};
  std::vector<GivenSetting> flags = {};
};

struct LoadedConfig {
  Config config;
  // The same as it would stand in one file, defaults filled in: a
  // klarna.gateway.config.v1.Config.
  std::shared_ptr<const google::protobuf::Message> settings;
  // Where each value was given, by key. What is not there is a default.
  std::map<std::string, Position, std::less<>> given_at;
};

// Reads the settings and the secrets that they name. Relative paths in the file
// start at its folder, others at the working folder.
//
//   absl::StatusOr<LoadedConfig> loaded =
//       LoadConfig({.file = "gateway.yaml"}, files, environment);
//   if (!loaded.ok()) Fail(loaded.status().message());
//
// INVALID_ARGUMENT with one problem a line, each with file:line:column, flag or
// variable, the key and what to do; NOT_FOUND and the like when the file itself
// cannot be read. No text holds a value or a secret. Thread-safe.
absl::StatusOr<LoadedConfig> LoadConfig(
    const ConfigSources& sources, const auth::FileReader& files,
    const auth::EnvironmentLookup& environment);

}  // namespace klarna::config

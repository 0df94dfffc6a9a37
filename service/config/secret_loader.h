// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "klarna/gateway/config/v1/config.pb.h"
#include "service/auth/file_reader.h"
#include "service/auth/secret.h"
#include "service/auth/secret_source.h"
#include "service/config/problem_report.h"

namespace klarna::config {

// Reads the secrets that a configuration names. A secret that cannot be read
// becomes a problem at its key and an empty Secret. Not thread-safe.
class SecretLoader {
 public:
  // Relative paths start at `folder`.
  SecretLoader(std::string folder, const auth::FileReader& files,
               const auth::EnvironmentLookup& environment,
               ProblemReport& report);

  auth::Secret Load(const gateway::config::v1::SecretSource& source,
                    std::string_view key);

  // `path`, started at the folder of the configuration file.
  std::string Resolve(const std::string& path) const;

 private:
  const std::string folder_;
  const auth::FileReader& files_;
  const auth::EnvironmentLookup& environment_;
  ProblemReport& report_;
};

}  // namespace klarna::config

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

  // The path at `key`. A relative one that stands in the configuration file
  // starts at the folder of that.
  std::string Resolve(const std::string& path, std::string_view key) const;

  // The digest of `settings` and of the secrets loaded since BeginDigest: equal
  // for what is equal, and no way back to the secrets.
  void BeginDigest() { digest_.clear(); }
  std::string EndDigest(std::string_view settings) const;

 private:
  const std::string folder_;
  const auth::FileReader& files_;
  const auth::EnvironmentLookup& environment_;
  ProblemReport& report_;
  std::string digest_;
};

}  // namespace klarna::config

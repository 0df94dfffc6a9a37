// SPDX-License-Identifier: Apache-2.0
#include "service/config/secret_loader.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace klarna::config {

using gateway::config::v1::SecretSource;

SecretLoader::SecretLoader(std::string folder, const auth::FileReader& files,
                           const auth::EnvironmentLookup& environment,
                           ProblemReport& report)
    : folder_(std::move(folder)),
      files_(files),
      environment_(environment),
      report_(report) {}

auth::Secret SecretLoader::Load(const SecretSource& source,
                                std::string_view key) {
  if (source.source_case() == SecretSource::SOURCE_NOT_SET) {
    report_.Add(key, "needs `file` or `env`: where the secret stands");
    return auth::Secret();
  }
  const bool from_file = source.has_file();
  absl::StatusOr<auth::Secret> secret =
      from_file ? auth::SecretFromFile(Resolve(source.file()), files_)
                : auth::SecretFromEnvironment(source.env(), environment_);
  if (secret.ok()) return *std::move(secret);
  std::string member(key);
  member += from_file ? ".file" : ".env";
  report_.Add(member, std::string(secret.status().message()));
  return auth::Secret();
}

std::string SecretLoader::Resolve(const std::string& path) const {
  return path.starts_with('/') ? path : absl::StrCat(folder_, "/", path);
}

}  // namespace klarna::config

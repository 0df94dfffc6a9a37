// SPDX-License-Identifier: Apache-2.0
#include "service/config/secret_loader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/auth/digest.h"

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
  std::string member(key);
  member += from_file ? ".file" : ".env";
  absl::StatusOr<auth::Secret> secret =
      from_file ? auth::SecretFromFile(Resolve(source.file(), member), files_)
                : auth::SecretFromEnvironment(source.env(), environment_);
  if (secret.ok()) {
    digest_ = auth::Sha256(digest_ + auth::Sha256(secret->Reveal()));
    return *std::move(secret);
  }
  report_.Add(member, std::string(secret.status().message()));
  return auth::Secret();
}

std::string SecretLoader::Resolve(const std::string& path,
                                  std::string_view key) const {
  const Position* given = report_.Find(key);
  const bool in_file = given == nullptr || given->source.empty();
  if (path.starts_with('/') || !in_file) return path;
  return absl::StrCat(folder_, "/", path);
}

std::string SecretLoader::EndDigest(std::string_view settings) const {
  return auth::Sha256(digest_ + std::string(settings));
}

}  // namespace klarna::config

// SPDX-License-Identifier: Apache-2.0
#include "service/config/sandbox_config.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/substitute.h"

namespace klarna::config {
namespace {

constexpr char kFile[] = "sandbox.yaml";
constexpr size_t kTokenSecretBytes = 32;
constexpr char kText[] = R"(
drain_wait: 0s
accounts:
  - name: sandbox
    raw_calls: true
    base_uri: http://127.0.0.1:$0
    credentials: {basic: {user: sandbox, password: {env: PASSWORD}}}
    domains:
      shipping_service_callback:
        credentials:
          shipping_digest: {identifier: sandbox, key: {env: SHIPPING_KEY}}
resume_tokens: {secrets: [{env: TOKEN_SECRET}]}
)";

// A file that is in no file system; all others are.
class SandboxFile final : public auth::FileReader {
 public:
  SandboxFile(uint16_t port, const auth::FileReader& files)
      : text_(absl::Substitute(kText, port)), files_(files) {}

  absl::StatusOr<std::string> Read(const std::string& path,
                                   size_t max_bytes) const override {
    if (path == kFile) return text_;
    return files_.Read(path, max_bytes);
  }

 private:
  const std::string text_;
  const auth::FileReader& files_;
};

}  // namespace

absl::StatusOr<LoadedConfig> LoadSandboxConfig(ConfigSources sources,
                                               uint16_t port,
                                               const std::string& token_secret,
                                               const auth::FileReader& files) {
  const auth::EnvironmentLookup secrets =
      [&](const std::string& name) -> std::optional<std::string> {
    if (name == "PASSWORD") return "sandbox";
    if (name == "SHIPPING_KEY") return "sandbox-key";
    if (name == "TOKEN_SECRET") return token_secret;
    return std::nullopt;
  };
  sources.file = kFile;
  return LoadConfig(sources, SandboxFile(port, files), secrets);
}

Config SandboxConfig(uint16_t port, runtime::Random& random) {
  return LoadSandboxConfig({}, port, MakeTokenSecret(random),
                           auth::SystemFileReader())
      ->config;
}

std::string MakeTokenSecret(runtime::Random& random) {
  return absl::BytesToHexString(random.Bytes(kTokenSecretBytes));
}

}  // namespace klarna::config

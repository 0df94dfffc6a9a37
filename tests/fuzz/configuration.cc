// SPDX-License-Identifier: Apache-2.0
//
// A configuration file, and the file of the secret that it may name. What is
// taken is the same when it is written down and read again; what is refused is
// refused in words that hold neither a value nor the secret.
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "google/protobuf/message.h"
#include "service/config/load_config.h"
#include "service/config/yaml_writer.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/require.h"
#include "tests/service/auth/fake_files.h"

namespace klarna::fuzz {
namespace {

constexpr char kFile[] = "/etc/gateway/gateway.yaml";
constexpr char kSecret[] = "CANARY-4f1c-0123456789-0123456789";

absl::StatusOr<config::LoadedConfig> Load(std::string yaml,
                                          std::string secret) {
  const auth::FakeFiles files({{kFile, std::move(yaml)},
                               {"/etc/gateway/secret", kSecret},
                               {"/etc/gateway/hostile", std::move(secret)}});
  return config::LoadConfig({.file = kFile}, files, [](const std::string&) {
    return std::optional<std::string>();
  });
}

void CheckText(const absl::Status& status) {
  Require(!absl::StrContains(status.message(), kSecret) &&
              status.message().size() < (1 << 20),
          "a refusal holds a secret, or has no end");
}

}  // namespace
}  // namespace klarna::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace klarna;
  const fuzz::Input input(data, size);
  const std::string secret(input[1]);
  const auto loaded = fuzz::Load(std::string(input[0]), secret);
  if (!loaded.ok()) {
    fuzz::CheckText(loaded.status());
    return 0;
  }
  const std::string written = config::WriteYaml(
      *loaded->settings, [](const std::string&) { return std::string(); });
  fuzz::Require(!absl::StrContains(written, fuzz::kSecret), written);
  const auto again = fuzz::Load(written, secret);
  fuzz::Require(again.ok(), again.status().ToString() + written);
  fuzz::Require(again->settings->SerializeAsString() ==
                    loaded->settings->SerializeAsString(),
                written);
  return 0;
}

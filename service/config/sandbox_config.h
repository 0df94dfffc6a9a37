// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "service/config/load_config.h"
#include "service/runtime/random.h"

namespace klarna::config {

// The configuration that needs no file: one account, `sandbox`, at the
// simulated Klarna on 127.0.0.1:`port`, with its default credentials.
// `token_secret`, of at least 32 bytes, signs resume tokens. `sources` has no
// file; what it says counts.
absl::StatusOr<LoadedConfig> LoadSandboxConfig(ConfigSources sources,
                                               uint16_t port,
                                               const std::string& token_secret,
                                               const auth::FileReader& files);

// The same without any sources, which cannot fail, and with a secret of its
// own.
Config SandboxConfig(uint16_t port, runtime::Random& random);

// Random text for `token_secret`.
std::string MakeTokenSecret(runtime::Random& random);

}  // namespace klarna::config

// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/call.h"

namespace klarna::gateway {

std::shared_ptr<const Snapshot> MakeSnapshot(const config::Config& config,
                                             const runtime::Clock& clock) {
  return std::make_shared<const Snapshot>(
      Snapshot{config, ResumeTokens(config.resume_tokens.secrets,
                                    config.resume_tokens.lifetime, clock)});
}

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/call.h"

#include <utility>

namespace klarna::gateway {

std::shared_ptr<const Snapshot> MakeSnapshot(
    const config::Config& config, const runtime::Clock& clock,
    std::shared_ptr<transform::Transformers> transformers) {
  return std::make_shared<const Snapshot>(
      Snapshot{config,
               ResumeTokens(config.resume_tokens.secrets,
                            config.resume_tokens.lifetime, clock),
               std::move(transformers)});
}

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "service/config/config.h"
#include "service/gateway/intent_memory.h"
#include "service/gateway/page_window.h"
#include "service/gateway/resume_token.h"
#include "service/gateway/stream.h"
#include "service/observability/log.h"
#include "service/rest/route.h"
#include "service/runtime/executor.h"
#include "service/runtime/random.h"
#include "service/runtime/task.h"
#include "service/transform/transformers.h"
#include "service/upstream/client.h"

namespace klarna::gateway {

// What is known of a call before its request is read.
struct CallContext {
  // Who calls. Without authentication there is one tenant.
  std::string tenant = "default";
  runtime::Instant deadline = absl::InfiniteDuration();
  // Whether the caller's library says that it tried before.
  bool tried_before = false;
};

// What may change while the service runs. A call ends with the one it began
// with.
struct Snapshot {
  config::Config config;
  ResumeTokens resume_tokens;
  std::shared_ptr<transform::Transformers> transformers;  // May be null.
};

std::shared_ptr<const Snapshot> MakeSnapshot(
    const config::Config& config, const runtime::Clock& clock,
    std::shared_ptr<transform::Transformers> transformers);

// What the calls of one executor work with. Each call has a copy of its own.
struct Resources {
  runtime::Executor& executor;
  upstream::Client& client;
  const config::Config& config;
  const ResumeTokens& resume_tokens;
  PageBudget& page_budget;
  IntentMemory& intents;
  runtime::Random& random;
  observability::Log& log;
  // Null where nothing runs them.
  transform::Transformers* transformers = nullptr;
  // Keeps what is above and changes while there are others already.
  std::shared_ptr<const Snapshot> snapshot = nullptr;
};

// What a call turned out to be, for its line in the log.
struct CallSummary {
  std::string operation;  // Route::label, empty until the request is read.
  std::string account;
  int64_t pages = 0;
  int64_t entities = 0;
};

}  // namespace klarna::gateway

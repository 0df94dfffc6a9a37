// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <set>

#include "absl/status/statusor.h"
#include "service/config/config.h"
#include "service/gateway/call.h"
#include "service/http/curl_transport.h"
#include "service/http/resolver.h"
#include "service/runtime/event_loop.h"
#include "service/runtime/random.h"
#include "service/upstream/client.h"

namespace klarna::rpc {

// What all shards share. Everything must outlive them.
struct SharedResources {
  const config::Config& config;
  const gateway::ResumeTokens& resume_tokens;
  gateway::PageBudget& page_budget;
  gateway::IntentMemory& intents;
  observability::Log& log;
  runtime::Clock& clock;
  runtime::Random& random;
  http::Resolver& resolver;
};

class SubscribeReactor;

// One event loop with its connections. A call lives on one shard from its first
// byte to its last, so shards share no state that changes but the budgets.
class Shard {
 public:
  static absl::StatusOr<std::unique_ptr<Shard>> Start(
      const SharedResources& shared);
  ~Shard();

  runtime::Executor& executor() { return *loop_; }
  const gateway::Resources& resources() const { return *resources_; }

  // A call counts from its reactor's constructor to its destructor.
  void CallBegins() { ++calls_; }
  void CallEnds() {
    --calls_;
    calls_.notify_all();
  }
  void WaitUntilIdle() const {
    for (int calls; (calls = calls_) != 0;) calls_.wait(calls);
  }

  // The streams under way, on the executor.
  void StreamBegins(SubscribeReactor& stream) { streams_.insert(&stream); }
  void StreamEnds(SubscribeReactor& stream) { streams_.erase(&stream); }
  // Ends them after `grace`, each with UNAVAILABLE and behind a whole batch.
  // Thread-safe.
  void EndStreamsAfter(absl::Duration grace);

  // To be called when no call is left.
  void Stop() { loop_->Stop(); }

 private:
  Shard() = default;

  std::unique_ptr<runtime::EventLoop> loop_;
  std::unique_ptr<http::CurlTransport> transport_;
  std::unique_ptr<upstream::Client> client_;
  std::unique_ptr<gateway::Resources> resources_;
  std::atomic<int> calls_ = 0;
  std::set<SubscribeReactor*> streams_;
};

}  // namespace klarna::rpc

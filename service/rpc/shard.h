// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "service/config/config.h"
#include "service/gateway/call.h"
#include "service/http/curl_transport.h"
#include "service/http/resolver.h"
#include "service/rpc/admission.h"
#include "service/runtime/event_loop.h"
#include "service/runtime/random.h"
#include "service/upstream/client.h"

namespace klarna::rpc {

// What all shards share. Everything referred to must outlive them.
struct SharedResources {
  std::shared_ptr<const gateway::Snapshot> snapshot;  // To begin with.
  gateway::PageBudget& page_budget;
  gateway::IntentMemory& intents;
  upstream::Gate& gate;
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

  // For one call. Thread-safe.
  gateway::Resources resources() const;

  // What calls that begin from now on work with. Thread-safe.
  void Use(std::shared_ptr<const gateway::Snapshot> snapshot);

  // A call counts from its reactor's constructor to its destructor.
  void CallBegins() { ++calls_; }
  void CallEnds() {
    --calls_;
    calls_.notify_all();
  }
  void WaitUntilIdle() const {
    for (int calls; (calls = calls_) != 0;) calls_.wait(calls);
  }

  // Runs what begins a call on the executor, and knows how long that takes.
  // Thread-safe.
  void Begin(runtime::Executor::Task call);
  absl::Duration backlog() const { return backlog_.Wait(loop_->clock().Now()); }

  // The streams under way, on the executor.
  void StreamBegins(SubscribeReactor& stream) { streams_.insert(&stream); }
  void StreamEnds(SubscribeReactor& stream) { streams_.erase(&stream); }
  // Ends them after `grace`, each with UNAVAILABLE and behind a whole batch.
  // Thread-safe.
  void EndStreamsAfter(absl::Duration grace);

  // To be called when no call is left.
  void Stop() { loop_->Stop(); }

 private:
  explicit Shard(const SharedResources& shared)
      : page_budget_(shared.page_budget),
        intents_(shared.intents),
        random_(shared.random),
        log_(shared.log),
        snapshot_(shared.snapshot) {}

  gateway::PageBudget& page_budget_;
  gateway::IntentMemory& intents_;
  runtime::Random& random_;
  observability::Log& log_;
  std::unique_ptr<runtime::EventLoop> loop_;
  std::unique_ptr<http::CurlTransport> transport_;
  std::unique_ptr<upstream::Client> client_;
  mutable std::mutex mutex_;
  std::shared_ptr<const gateway::Snapshot> snapshot_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int> calls_ = 0;
  Backlog backlog_;
  std::set<SubscribeReactor*> streams_;
};

}  // namespace klarna::rpc

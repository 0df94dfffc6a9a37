// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/shard.h"

#include <utility>

#include "service/rpc/subscribe_reactor.h"

namespace klarna::rpc {

namespace {

upstream::RetryPolicy RetryPolicyOf(const config::Limits& limits) {
  return {limits.read_attempts, limits.read_backoff, limits.read_backoff_max};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Shard>> Shard::Start(
    const SharedResources& shared) {
  auto loop = runtime::EventLoop::Create(shared.clock);
  if (!loop.ok()) return loop.status();
  const config::Config& config = shared.snapshot->config;
  http::CurlTransportOptions options;
  options.ca_file = config.ca_file;
  auto transport =
      http::CurlTransport::Create(**loop, shared.resolver, options);
  if (!transport.ok()) return transport.status();

  auto shard = std::unique_ptr<Shard>(new Shard(shared));
  shard->loop_ = *std::move(loop);
  shard->transport_ = *std::move(transport);
  shard->client_ = std::make_unique<upstream::Client>(
      *shard->loop_, *shard->transport_, shared.gate, shared.random, shared.log,
      RetryPolicyOf(config.limits));
  shard->loop_->Start();
  return shard;
}

gateway::Resources Shard::resources() const {
  std::shared_ptr<const gateway::Snapshot> snapshot;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    snapshot = snapshot_;
  }
  const gateway::Snapshot& used = *snapshot;
  return {*loop_,
          *client_,
          used.config,
          used.resume_tokens,
          page_budget_,
          intents_,
          random_,
          log_,
          used.transformers.get(),
          std::move(snapshot)};
}

void Shard::Use(std::shared_ptr<const gateway::Snapshot> snapshot) {
  loop_->Post([this, retry = RetryPolicyOf(snapshot->config.limits)] {
    client_->set_retry_policy(retry);
    client_->authorizer().ForgetUnused();
  });
  // Swapped, so that the one before is not destroyed with the lock held.
  const std::lock_guard<std::mutex> lock(mutex_);
  snapshot_.swap(snapshot);
}

void Shard::Begin(runtime::Executor::Task call) {
  backlog_.Add(loop_->clock().Now());
  loop_->Post([this, call = std::move(call)]() mutable {
    backlog_.Begin();
    call();
  });
}

void Shard::EndStreamsAfter(absl::Duration grace) {
  loop_->Post([this, grace] {
    loop_->RunAfter(grace, [this] {
      for (SubscribeReactor* stream : std::exchange(streams_, {})) {
        stream->EndForShutdown();
      }
    });
  });
}

Shard::~Shard() {
  if (loop_) loop_->Stop();
}

}  // namespace klarna::rpc

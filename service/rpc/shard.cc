// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/shard.h"

#include <utility>

#include "service/rpc/subscribe_reactor.h"

namespace klarna::rpc {

absl::StatusOr<std::unique_ptr<Shard>> Shard::Start(
    const SharedResources& shared) {
  auto loop = runtime::EventLoop::Create(shared.clock);
  if (!loop.ok()) return loop.status();
  http::CurlTransportOptions options;
  options.ca_file = shared.config.ca_file;
  auto transport =
      http::CurlTransport::Create(**loop, shared.resolver, options);
  if (!transport.ok()) return transport.status();

  auto shard = std::unique_ptr<Shard>(new Shard);
  const config::Limits& limits = shared.config.limits;
  shard->loop_ = *std::move(loop);
  shard->transport_ = *std::move(transport);
  shard->client_ = std::make_unique<upstream::Client>(
      *shard->loop_, *shard->transport_, shared.random,
      upstream::RetryPolicy{limits.read_attempts, limits.read_backoff,
                            limits.read_backoff_max});
  shard->resources_ = std::make_unique<gateway::Resources>(gateway::Resources{
      *shard->loop_, *shard->client_, shared.config, shared.resume_tokens,
      shared.page_budget, shared.intents, shared.random, shared.log});
  shard->loop_->Start();
  return shard;
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

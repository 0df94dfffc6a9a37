// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/gateway_under_test.h"

#include <cstdlib>

#include "service/config/sandbox_config.h"

namespace klarna::testing {
namespace {

// Nothing to test without it.
template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) {
    fprintf(stderr, "%s\n", value.status().ToString().c_str());
    std::abort();
  }
  return *std::move(value);
}

}  // namespace

GatewayUnderTest::GatewayUnderTest(
    const std::string& upstream,
    const std::function<void(config::Config&)>& adjust)
    : config_(config::SandboxConfig(1, random_)) {
  config_.listen = "127.0.0.1:0";
  config_.event_loops = 1;
  for (config::Account& account : config_.accounts) {
    account.endpoint.base_uri = upstream;
    for (auto& [domain, endpoint] : account.domains) {
      endpoint.base_uri = upstream;
    }
  }
  config_.limits.read_backoff = absl::Milliseconds(1);
  config_.limits.read_backoff_max = absl::Milliseconds(2);
  adjust(config_);
  routes_ = OrDie(rest::RouteTable::Compile(rest::LinkedServices()));
  resolver_ = std::make_unique<http::SystemResolver>(
      clock_, &http::SystemResolver::GetAddrInfo);
  budget_ =
      std::make_unique<gateway::PageBudget>(config_.limits.page_budget_bytes);
  intents_ = std::make_unique<gateway::LocalIntentMemory>(100'000, clock_,
                                                          absl::ZeroDuration());
  gate_ = std::make_unique<upstream::Gate>(config_.limits);
  transformers_ = OrDie(
      transform::WorkerPool::Start(config_.transformers, clock_, log_,
                                   {.executable = KLARNA_GATEWAY_PROGRAM}));
  server_ = OrDie(rpc::Server::Start(
      *routes_,
      {gateway::MakeSnapshot(config_, clock_, transformers_), *budget_,
       *intents_, *gate_, log_, clock_, random_, *resolver_}));
  channel_ = Connect();
}

std::shared_ptr<grpc::Channel> GatewayUnderTest::Connect(
    grpc::ChannelArguments arguments) const {
  arguments.SetMaxReceiveMessageSize(64 << 20);
  // Channels to the same address would share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(
      "127.0.0.1:" + std::to_string(server_->port()),
      grpc::InsecureChannelCredentials(), arguments);
}

void GatewayUnderTest::Reload(
    const std::function<void(config::Config&)>& adjust) {
  adjust(config_);
  gate_->Use(config_.limits);
  server_->Use(gateway::MakeSnapshot(config_, clock_, transformers_));
}

std::unique_ptr<sandbox::SandboxServer> StartSandbox(
    const sandbox::SandboxOptions& options, const runtime::Clock& clock) {
  return OrDie(sandbox::SandboxServer::Start(options, /*port=*/0, clock));
}

}  // namespace klarna::testing

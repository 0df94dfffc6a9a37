// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/simulated_gateway.h"

#include <memory>
#include <utility>

#include "service/auth/shipping_digest.h"

namespace klarna::simulation {
namespace {

config::Config OneShop(const config::Limits& limits) {
  config::Account account;
  account.name = "shop";
  account.merchant_key = "M1";
  account.endpoint = {.base_uri = "https://api.klarna.example",
                      .credentials = std::make_shared<auth::ApiKeyCredentials>(
                          auth::Secret("klarna_test_api_sandbox"))};
  account.domains["shipping_service_callback"] = {
      .base_uri = account.endpoint.base_uri,
      .credentials = std::make_shared<auth::ShippingDigestCredentials>(
          "sandbox", auth::Secret("sandbox-key"))};
  config::Config config;
  config.default_account_name = account.name;
  config.accounts.push_back(std::move(account));
  config.limits = limits;
  return config;
}

}  // namespace

sandbox::Request WithCredentials(sandbox::Request request) {
  if (request.Find("Authorization") == nullptr) {
    request.headers.push_back(
        {"Authorization", "Basic klarna_test_api_sandbox"});
  }
  if (!request.body.empty() && request.Find("Content-Type") == nullptr) {
    request.headers.push_back({"Content-Type", "application/json"});
  }
  return request;
}

sandbox::SandboxOptions SmallWorld() {
  sandbox::SandboxOptions options;
  options.payouts = 1;
  options.transactions = 1;
  options.orders = 6;
  options.disputes = 6;
  return options;
}

std::vector<TourStop> TourStopsWhere(
    const sandbox::SandboxOptions& options,
    const std::function<bool(const sandbox::Request&)>& wanted) {
  std::vector<TourStop> stops;
  for (const sandbox::Tour::Part part : sandbox::Tour::kParts) {
    sandbox::World world(options);
    const sandbox::Tour tour(world, part);
    for (size_t i = 0; i < tour.requests().size(); ++i) {
      if (wanted(tour.requests()[i])) stops.push_back({part, i});
    }
  }
  return stops;
}

SimulatedGateway::SimulatedGateway(uint64_t seed, const TourStop& stop,
                                   const sandbox::SandboxOptions& options,
                                   const config::Limits& limits, NetworkBug bug)
    : random(seed),
      world(options),
      tour(world, stop.part),
      number(stop.number),
      config(OneShop(limits)),
      tokens({auth::Secret("0123456789abcdef0123456789abcdef")},
             absl::Hours(24), executor.clock()),
      network(executor, world, random, bug),
      client(executor, network, gate, seeded, log, {.attempts = 3}) {
  executor.clock().SetWall(world.clock.WallNow());
  for (size_t i = 0; i < number; ++i) {
    const sandbox::Request& earlier = tour.requests()[i];
    if (earlier.method != "GET") world.klarna.Handle(WithCredentials(earlier));
  }
}

gateway::Resources SimulatedGateway::For(gateway::IntentMemory& memory) {
  return {executor, client, config, tokens,  budget,
          memory,   seeded, log,    nullptr, nullptr};
}

}  // namespace klarna::simulation

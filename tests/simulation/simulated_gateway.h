// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <random>
#include <string_view>

#include "service/config/config.h"
#include "service/gateway/call.h"
#include "service/upstream/client.h"
#include "tests/service/sandbox/tour.h"
#include "tests/service/sandbox/world.h"
#include "tests/simulation/simulated_network.h"
#include "tests/testing/manual_executor.h"

namespace klarna::simulation {

class SeededRandom final : public runtime::Random {
 public:
  explicit SeededRandom(std::mt19937_64& random) : random_(random) {}
  uint64_t Next() override { return random_(); }

 private:
  std::mt19937_64& random_;
};

class SilentLog final : public observability::Log {
 public:
  bool Enabled(observability::Level) const override { return false; }
  void Write(observability::Level, std::string_view,
             observability::LogFields) override {}
};

// The smallest world that the tour can be made in.
sandbox::SandboxOptions SmallWorld();

// The real engine before a simulated Klarna, on one thread and virtual time,
// with one account, `shop`. The same seed gives the same run.
struct SimulatedGateway {
  SimulatedGateway(uint64_t seed, const sandbox::SandboxOptions& options,
                   const config::Limits& limits, NetworkBug bug);

  // Makes the changes of the tour that come before a request: a tour's requests
  // build on each other.
  void PlayTourUpTo(size_t request);

  bool Chance(uint64_t percent) { return random() % 100 < percent; }

  // For one call.
  gateway::Resources For(gateway::IntentMemory& memory);

  std::mt19937_64 random;
  SeededRandom seeded{random};
  sandbox::World world;
  const sandbox::Tour tour{world};
  testing::ManualExecutor executor;
  SilentLog log;
  const config::Config config;
  gateway::ResumeTokens tokens;
  gateway::PageBudget budget{int64_t{1} << 20};
  SimulatedNetwork network;
  upstream::Gate gate{config.limits};
  upstream::Client client;
};

}  // namespace klarna::simulation

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <random>
#include <string_view>
#include <vector>

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

// A request of a tour as it can be sent.
sandbox::Request WithCredentials(sandbox::Request request);

// A request of a tour.
struct TourStop {
  sandbox::Tour::Part part = sandbox::Tour::Part::kOrderManagement;
  size_t number = 0;  // Of the part's.
};

// Those of which this is true, through all parts. The world has every request
// of the part before it behind it.
std::vector<TourStop> TourStopsWhere(
    const sandbox::SandboxOptions& options,
    const std::function<bool(const sandbox::Request&)>& wanted);

// The real engine before a simulated Klarna, on one thread and virtual time,
// with one account, `shop`. The same seed gives the same run.
struct SimulatedGateway {
  // The changes of the tour that come before the stop are made, since they
  // build on each other; other parts, of which nothing is needed, are not.
  SimulatedGateway(uint64_t seed, const TourStop& stop,
                   const sandbox::SandboxOptions& options,
                   const config::Limits& limits, NetworkBug bug);

  // That of the stop.
  const sandbox::Request& request() const { return tour.requests().at(number); }

  bool Chance(uint64_t percent) { return random() % 100 < percent; }

  // For one call.
  gateway::Resources For(gateway::IntentMemory& memory);

  std::mt19937_64 random;
  SeededRandom seeded{random};
  sandbox::World world;
  const sandbox::Tour tour;
  const size_t number;  // Of the stop's request.
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

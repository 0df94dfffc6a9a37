// SPDX-License-Identifier: Apache-2.0
//
// Every read at every kind of fault and at pairs of them, in a deterministic
// simulation: what a reader gets, over as many streams as that takes, is what
// Klarna has, all of it and once. More runs, or other ones, by
//
//   KLARNA_READS=1000000 KLARNA_SEED=7 build/tests/simulation/simulation_test
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/simulation/read_run.h"

namespace klarna::simulation {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : std::strtoull(value, nullptr, 10);
}

std::string Describe(const ReadPlan& plan, const ReadResult& result) {
  std::string text =
      absl::StrCat(result.operation, ": ", result.contradiction, " (stream ",
                   result.streams, ", seed ", plan.seed);
  for (const FaultKind* fault : plan.faults) {
    absl::StrAppend(&text, "; ", fault->name);
  }
  return text + ")";
}

class ReadSimulationTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto routes = rest::RouteTable::Compile(rest::LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = std::move(*routes).release();
    reads_ = ReadStops(*routes_);
  }
  static void TearDownTestSuite() { delete routes_; }

  // Plan number `n`: all reads at all kinds in turn, after some requests that
  // go well, and then perhaps at others.
  static ReadPlan Plan(uint64_t n, uint64_t seed) {
    const std::vector<FaultKind>& kinds = FaultKinds();
    ReadPlan plan;
    plan.seed = seed * 1'000'003 + n;
    plan.stop = reads_[n % reads_.size()];
    std::mt19937_64 random(plan.seed);
    const FaultKind* const first = &kinds[n / reads_.size() % kinds.size()];
    plan.faults.assign(random() % 4, &kinds.front());
    plan.faults.push_back(first);
    while (random() % 2 == 0 && plan.faults.size() < 8) {
      plan.faults.push_back(&kinds[random() % kinds.size()]);
    }
    return plan;
  }

  static inline const rest::RouteTable* routes_ = nullptr;
  static inline std::vector<TourStop> reads_;
};

TEST_F(ReadSimulationTest, EveryReadIsOneStreamWithoutFaults) {
  std::set<std::string> operations;
  for (const TourStop& stop : reads_) {
    // Some readers leave.
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      const ReadPlan plan{.seed = seed, .stop = stop, .faults = {}};
      const ReadResult result = SimulateRead(plan, *routes_);
      EXPECT_EQ(result.contradiction, "") << Describe(plan, result);
      operations.insert(result.operation);
    }
  }
  EXPECT_EQ(operations.size(), 25u);
}

TEST_F(ReadSimulationTest, ReadersGetWhatThereIs) {
  const uint64_t seed = FromEnvironment("KLARNA_SEED", 1);
  const uint64_t runs = FromEnvironment("KLARNA_READS", 5000);
  uint64_t streams = 0;
  uint64_t contradictions = 0;
  for (uint64_t n = 0; n < runs; ++n) {
    const ReadPlan plan = Plan(n, seed);
    const ReadResult result = SimulateRead(plan, *routes_);
    streams += static_cast<uint64_t>(result.streams);
    if (result.contradiction.empty()) continue;
    if (++contradictions <= 10) ADD_FAILURE() << Describe(plan, result);
  }
  std::printf(
      "simulation: %lu runs of %zu reads at %zu kinds of faults, seed %lu, in "
      "%lu streams; %lu contradictions\n",
      runs, reads_.size(), FaultKinds().size(), seed, streams, contradictions);
  EXPECT_EQ(contradictions, 0u);
}

class PlantedReadBugTest : public ReadSimulationTest,
                           public ::testing::WithParamInterface<NetworkBug> {};

TEST_P(PlantedReadBugTest, IsFound) {
  constexpr uint64_t kRuns = 5'000;
  for (uint64_t n = 0; n < kRuns; ++n) {
    ReadPlan plan = Plan(n, 1);
    plan.bug = GetParam();
    if (!SimulateRead(plan, *routes_).contradiction.empty()) return;
  }
  ADD_FAILURE() << "not found in " << kRuns << " runs";
}

INSTANTIATE_TEST_SUITE_P(Bugs, PlantedReadBugTest,
                         ::testing::Values(NetworkBug::kBreakCountsAsEnd,
                                           NetworkBug::kSkipsAnEntity),
                         [](const auto& tested) {
                           return tested.param == NetworkBug::kBreakCountsAsEnd
                                      ? "BreakCountsAsEnd"
                                      : "SkipsAnEntity";
                         });

}  // namespace
}  // namespace klarna::simulation

// SPDX-License-Identifier: Apache-2.0
//
// Every write at every kind of fault, and every keyed write at every pair of
// faults, in a deterministic simulation: what callers were told is held against
// the simulated Klarna's ledger. More runs, other ones, or one again, by
//
//   KLARNA_RUNS=2000000 KLARNA_SEED=7 build/tests/simulation/simulation_test
//   KLARNA_FIRST=986561 KLARNA_RUNS=1 KLARNA_SEED=7 ...
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/simulation/run.h"

namespace klarna::simulation {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : std::strtoull(value, nullptr, 10);
}

std::string Describe(const RunPlan& plan, const RunResult& result) {
  std::string text = absl::StrCat(result.operation, ": ", result.contradiction,
                                  " (", result.effects, " effects, ",
                                  result.calls, " calls, seed ", plan.seed);
  for (const FaultKind* fault : plan.faults) {
    absl::StrAppend(&text, "; ", fault->name);
  }
  return text + ")";
}

// Many runs and what came of them.
class Campaign {
 public:
  void Run(uint64_t number, const RunPlan& plan,
           const rest::RouteTable& routes) {
    const RunResult result = Simulate(plan, routes);
    ++runs_;
    ++verdicts_[result.verdict];
    if (result.contradiction.empty()) return;
    if (++contradictions_ <= 10)
      ADD_FAILURE() << "run " << number << ", " << Describe(plan, result);
  }

  void Print(const std::string& what) {
    std::printf(
        "simulation: %lu runs of %s: %lu applied, %lu rejected, %lu not sent, "
        "%lu unknown; %lu contradictions\n",
        runs_, what.c_str(), verdicts_[gateway::v1::VERDICT_APPLIED],
        verdicts_[gateway::v1::VERDICT_REJECTED],
        verdicts_[gateway::v1::VERDICT_NOT_SENT],
        verdicts_[gateway::v1::VERDICT_UNKNOWN], contradictions_);
  }

  uint64_t contradictions() const { return contradictions_; }

 private:
  uint64_t runs_ = 0;
  uint64_t contradictions_ = 0;
  std::map<gateway::v1::Verdict, uint64_t> verdicts_;
};

class SimulationTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto routes = rest::RouteTable::Compile(rest::LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = std::move(*routes).release();
    writes_ = WriteStops(*routes_);
  }
  static void TearDownTestSuite() { delete routes_; }

  // Plan number `n`: all writes at all kinds in turn; what comes after the
  // first attempt, and what the caller does, is drawn from the seed.
  static RunPlan Plan(uint64_t n, uint64_t seed) {
    const std::vector<FaultKind>& kinds = FaultKinds();
    RunPlan plan;
    plan.seed = seed * 1'000'003 + n;
    plan.stop = writes_[n % writes_.size()];
    plan.faults.push_back(&kinds[n / writes_.size() % kinds.size()]);
    for (uint64_t draw = plan.seed * 0x9e3779b97f4a7c15; draw % 10 < 4;
         draw = draw / 10 * 0x9e3779b97f4a7c15 + 1) {
      if (plan.faults.size() == 4) break;
      plan.faults.push_back(&kinds[draw / 16 % kinds.size()]);
    }
    return plan;
  }

  static inline const rest::RouteTable* routes_ = nullptr;
  static inline std::vector<TourStop> writes_;
};

TEST_F(SimulationTest, EveryWriteIsAppliedOnceWithoutFaults) {
  std::set<std::string> operations;
  // The tour's order is none that is paid by invoice.
  const std::string refused = "order_management.extendDueDate";
  for (const TourStop& stop : writes_) {
    RunPlan plan;
    plan.seed = 1;
    plan.calm = true;
    plan.stop = stop;
    const RunResult result = Simulate(plan, *routes_);
    const bool applied = result.operation != refused;
    EXPECT_EQ(result.verdict, applied ? gateway::v1::VERDICT_APPLIED
                                      : gateway::v1::VERDICT_REJECTED)
        << Describe(plan, result);
    EXPECT_EQ(result.effects > 0, applied) << Describe(plan, result);
    operations.insert(result.operation);
  }
  EXPECT_EQ(operations.size(), 38u);
}

TEST_F(SimulationTest, ASeedReplays) {
  for (uint64_t n = 0; n < 200; ++n) {
    const RunPlan plan = Plan(n, 5);
    const RunResult first = Simulate(plan, *routes_);
    const RunResult second = Simulate(plan, *routes_);
    EXPECT_EQ(first.verdict, second.verdict);
    EXPECT_EQ(first.effects, second.effects);
    EXPECT_EQ(first.calls, second.calls);
  }
}

TEST_F(SimulationTest, WhatCallersAreToldIsWhatHappened) {
  const uint64_t seed = FromEnvironment("KLARNA_SEED", 1);
  Campaign campaign;
  const uint64_t runs = FromEnvironment("KLARNA_RUNS", 5000);
  const uint64_t first = FromEnvironment("KLARNA_FIRST", 0);
  for (uint64_t n = first; n < first + runs; ++n) {
    campaign.Run(n, Plan(n, seed), *routes_);
  }
  campaign.Print(absl::StrCat(writes_.size(), " writes at ",
                              FaultKinds().size(), " kinds of faults, seed ",
                              seed));
  EXPECT_EQ(campaign.contradictions(), 0u);
}

TEST_F(SimulationTest, PairsOfFaultsOfKeyedChangesAsWell) {
  const std::vector<FaultKind>& kinds = FaultKinds();
  const std::vector<TourStop> keyed = KeyedWriteStops(*routes_);
  const uint64_t all = keyed.size() * kinds.size() * kinds.size();
  const uint64_t runs = std::min(FromEnvironment("KLARNA_PAIRS", all), all);
  Campaign campaign;
  for (uint64_t n = 0; n < runs; ++n) {
    // Spread over all of them when there are to be fewer.
    const uint64_t cell = n * all / runs;
    RunPlan plan;
    plan.seed = FromEnvironment("KLARNA_SEED", 1) * 1'000'003 + cell;
    plan.stop = keyed[cell % keyed.size()];
    plan.faults = {&kinds[cell / keyed.size() % kinds.size()],
                   &kinds[cell / keyed.size() / kinds.size()]};
    campaign.Run(cell, plan, *routes_);
  }
  campaign.Print(
      absl::StrCat(keyed.size(), " keyed writes at pairs of faults"));
  EXPECT_EQ(campaign.contradictions(), 0u);
}

struct PlantedBug {
  const char* name;
  Bugs bugs;
};

class PlantedBugTest : public SimulationTest,
                       public ::testing::WithParamInterface<PlantedBug> {};

TEST_P(PlantedBugTest, IsFound) {
  constexpr uint64_t kRuns = 20'000;
  const auto routes = RoutesWith(GetParam().bugs.table);
  ASSERT_NE(routes, nullptr);
  for (uint64_t n = 0; n < kRuns; ++n) {
    RunPlan plan = Plan(n, 1);
    plan.bugs = GetParam().bugs;
    const RunResult result = Simulate(plan, *routes);
    if (!result.contradiction.empty()) {
      std::printf("%s: found by run %lu, %s\n", GetParam().name, n,
                  Describe(plan, result).c_str());
      return;
    }
  }
  ADD_FAILURE() << "not found in " << kRuns << " runs";
}

INSTANTIATE_TEST_SUITE_P(
    Bugs, PlantedBugTest,
    ::testing::Values(
        PlantedBug{"KeyIsLost", {.network = NetworkBug::kKeyIsLost}},
        PlantedBug{"KeyChanges", {.network = NetworkBug::kKeyChanges}},
        PlantedBug{"ResendsByItself",
                   {.network = NetworkBug::kResendsByItself}},
        PlantedBug{"SentCountsAsUnsent",
                   {.network = NetworkBug::kSentCountsAsUnsent}},
        PlantedBug{"BreakCountsAsEmpty200",
                   {.network = NetworkBug::kBreakCountsAsEmpty200}},
        PlantedBug{"ServerErrorIsRefusal",
                   {.network = NetworkBug::kServerErrorIsRefusal}},
        PlantedBug{"RefusalCountsAsDone",
                   {.network = NetworkBug::kRefusalCountsAsDone}},
        PlantedBug{"MemoryForgetsAll", {.memory = MemoryBug::kForgetsAll}},
        PlantedBug{"MemoryForgetsTheContent",
                   {.memory = MemoryBug::kForgetsTheContent}},
        PlantedBug{"MemoryHasNoDoubt", {.memory = MemoryBug::kHasNoDoubt}},
        PlantedBug{"MemoryTrustsClocks", {.memory = MemoryBug::kTrustsClocks}},
        PlantedBug{"MemoryDeniesIds", {.memory = MemoryBug::kDeniesIds}},
        PlantedBug{"MemoryLetsTwoTry", {.memory = MemoryBug::kLetsTwoTry}},
        PlantedBug{"MemoryReplaysUnknown",
                   {.memory = MemoryBug::kReplaysUnknown}},
        PlantedBug{"NeverIsKeyed", {.table = TableBug::kNeverIsKeyed}},
        PlantedBug{"NeverIsAbsolute", {.table = TableBug::kNeverIsAbsolute}},
        PlantedBug{"LookBackIsBlind", {.table = TableBug::kLookBackIsBlind}},
        PlantedBug{"AlwaysUnknown", {.caller = CallerBug::kAlwaysUnknown}},
        PlantedBug{"IsNeverLeft", {.caller = CallerBug::kIsNeverLeft}},
        PlantedBug{"HasNoDeadline", {.caller = CallerBug::kHasNoDeadline}},
        PlantedBug{"ClockMissesADay", {.caller = CallerBug::kClockMissesADay}}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace klarna::simulation

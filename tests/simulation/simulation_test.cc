// SPDX-License-Identifier: Apache-2.0
//
// Every write at every kind of fault, and many pairs of faults, in a
// deterministic simulation: what callers were told is held against the
// simulated Klarna's ledger. More runs, or other ones, by
//
//   KLARNA_RUNS=2000000 KLARNA_SEED=7 build/tests/simulation/simulation_test
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

class SimulationTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto routes = rest::RouteTable::Compile(rest::LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = std::move(*routes).release();
    writes_ = WriteRequests(*routes_);
  }
  static void TearDownTestSuite() { delete routes_; }

  // Plan number `n`: all writes at all kinds in turn; what comes after the
  // first attempt, and what the caller does, is drawn from the seed.
  static RunPlan Plan(uint64_t n, uint64_t seed) {
    const std::vector<FaultKind>& kinds = FaultKinds();
    RunPlan plan;
    plan.seed = seed * 1'000'003 + n;
    plan.request = writes_[n % writes_.size()];
    plan.faults.push_back(&kinds[n / writes_.size() % kinds.size()]);
    for (uint64_t draw = plan.seed * 0x9e3779b97f4a7c15; draw % 10 < 4;
         draw = draw / 10 * 0x9e3779b97f4a7c15 + 1) {
      if (plan.faults.size() == 4) break;
      plan.faults.push_back(&kinds[draw / 16 % kinds.size()]);
    }
    return plan;
  }

  static std::string Describe(const RunPlan& plan, const RunResult& result) {
    std::string text = absl::StrCat(
        result.operation, ": ", result.contradiction, " (", result.effects,
        " effects, ", result.calls, " calls, seed ", plan.seed);
    for (const FaultKind* fault : plan.faults) {
      absl::StrAppend(&text, "; ", fault->name);
    }
    return text + ")";
  }

  static inline const rest::RouteTable* routes_ = nullptr;
  static inline std::vector<size_t> writes_;
};

TEST_F(SimulationTest, EveryWriteIsAppliedOnceWithoutFaults) {
  std::set<std::string> operations;
  // The tour's order is none that is paid by invoice.
  const std::string refused = "order_management.extendDueDate";
  for (const size_t request : writes_) {
    const RunPlan plan{.seed = 1, .request = request, .faults = {}, .bugs = {}};
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
  const uint64_t runs = FromEnvironment("KLARNA_RUNS", 5000);
  const uint64_t seed = FromEnvironment("KLARNA_SEED", 1);
  uint64_t contradictions = 0;
  std::map<gateway::v1::Verdict, uint64_t> verdicts;
  for (uint64_t n = 0; n < runs; ++n) {
    const RunPlan plan = Plan(n, seed);
    const RunResult result = Simulate(plan, *routes_);
    ++verdicts[result.verdict];
    if (result.contradiction.empty()) continue;
    if (++contradictions <= 10) ADD_FAILURE() << Describe(plan, result);
  }
  std::printf(
      "simulation: %lu runs, %zu writes at %zu kinds of faults, seed %lu: %lu "
      "applied, %lu rejected, %lu not sent, %lu unknown; %lu contradictions\n",
      runs, writes_.size(), FaultKinds().size(), seed,
      verdicts[gateway::v1::VERDICT_APPLIED],
      verdicts[gateway::v1::VERDICT_REJECTED],
      verdicts[gateway::v1::VERDICT_NOT_SENT],
      verdicts[gateway::v1::VERDICT_UNKNOWN], contradictions);
  EXPECT_EQ(contradictions, 0u);
}

struct PlantedBug {
  const char* name;
  Bugs bugs;
};

class PlantedBugTest : public SimulationTest,
                       public ::testing::WithParamInterface<PlantedBug> {};

TEST_P(PlantedBugTest, IsFound) {
  constexpr uint64_t kRuns = 20'000;
  for (uint64_t n = 0; n < kRuns; ++n) {
    RunPlan plan = Plan(n, 1);
    plan.bugs = GetParam().bugs;
    if (!Simulate(plan, *routes_).contradiction.empty()) {
      std::printf("%s: found by run %lu\n", GetParam().name, n);
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
        PlantedBug{"MemoryLetsTwoTry", {.memory = MemoryBug::kLetsTwoTry}},
        PlantedBug{"MemoryReplaysUnknown",
                   {.memory = MemoryBug::kReplaysUnknown}}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace klarna::simulation

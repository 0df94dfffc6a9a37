// SPDX-License-Identifier: Apache-2.0
//
// Every write at every fault, over gRPC to a gateway process and from there
// over TCP and TLS to simulated Klarnas behind wires that fail: what callers
// were told is held against the ledgers. The n-th round has each fault n times
// in a row, if the change is sent so often:
//
//   KLARNA_ROUNDS=3 build/tests/faults/faults_test
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/auth/uuid.h"
#include "service/runtime/system_clock.h"
#include "tests/faults/gateway_process.h"
#include "tests/faults/lanes.h"
#include "tests/faults/told.h"

namespace klarna::faults {
namespace {

using gateway::v1::Verdict;

constexpr int kLanes = 24;
// So many that no breaker opens and no rate limit holds up the others.
constexpr int kMerchants = 23;
// Of one change: one that may be sent again, and one that waits for a minute
// before it is, if ever, and till then is looked for with every call.
constexpr int kMaxCalls = 6;
constexpr int kMaxLooks = 3;
// Of cells that missed their fault.
constexpr int kMaxRepeats = 5;
constexpr int kFewLanes = 4;
// The tour's order is none that is paid by invoice.
constexpr char kRefused[] = "order_management.extendDueDate";

int FromEnvironment(const char* name, int fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : std::atoi(value);
}

struct Cell {
  size_t request = 0;  // Of the tour.
  const WireFault* fault = nullptr;
  int times = 1;
};

struct CellResult {
  std::string operation;
  Verdict verdict = gateway::v1::VERDICT_UNSPECIFIED;
  rest::v1::Idempotency idempotency = rest::v1::IDEMPOTENCY_UNSPECIFIED;
  int effects = 0;
  int calls = 0;
  int faults_met = 0;
  bool fault_met = false;
  bool repeated = false;
  std::string told;           // At last, if it was no success.
  std::string contradiction;  // Empty when all is well.
};

// The fault has passed, so the key settles it. A refusal that follows an
// unknown attempt proves nothing.
bool UnknownThoughKeyed(const CellResult& result) {
  return result.idempotency == rest::v1::IDEMPOTENCY_KEYED &&
         result.verdict == gateway::v1::VERDICT_UNKNOWN &&
         result.operation != kRefused;
}

int MostCalls(rest::v1::Idempotency idempotency) {
  const bool may_be_sent_again = idempotency == rest::v1::IDEMPOTENCY_KEYED ||
                                 idempotency == rest::v1::IDEMPOTENCY_ABSOLUTE;
  return may_be_sent_again ? kMaxCalls : kMaxLooks;
}

// Whether nothing can leave the gateway on this way, which it has to tell then.
bool IsBarred(Way way) {
  return way == Way::kUnresolved || way == Way::kRefused;
}

class FaultsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto routes = rest::RouteTable::Compile(rest::LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = std::move(*routes).release();
  }
  static void TearDownTestSuite() { delete routes_; }

  // Neighbours differ in both. Lanes that all wait for the same time-out would
  // begin all at once afterwards and hold each other up; and what a lane gets
  // of its last change, too late, must not be taken for the next one.
  static std::vector<Cell> Cells(int rounds) {
    const std::vector<WireFault>& faults = WireFaults();
    const std::vector<size_t> requests = WriteRequests(*routes_);
    std::vector<Cell> cells;
    for (int round = 1; round <= rounds; ++round) {
      for (size_t i = 0; i < faults.size(); ++i) {
        for (size_t j = 0; j < requests.size(); ++j) {
          cells.push_back(
              {requests[j], &faults[(i + j) % faults.size()], round});
        }
      }
    }
    return cells;
  }

  // One change by a caller who calls again for as long as it is not settled.
  CellResult Run(const Cell& cell, int lane_number, int merchant) {
    Lane& lane = lanes_[lane_number];
    lane.Begin(cell.request, *routes_, *cell.fault, cell.times);
    const std::string request_id = auth::TimeUuid(clock_.WallNow(), random_);
    const std::string number = absl::StrCat(lane_number, "-", merchant);
    CellResult result;
    result.operation = lane.call().sandbox_operation;
    result.idempotency = lane.call().route->idempotency;
    const int most = std::max(MostCalls(result.idempotency), cell.times);
    bool as_expected = true;
    for (bool over = false; !over && result.calls < most;) {
      const bool faulty = result.calls < cell.times;
      const bool nowhere = faulty && cell.fault->way == Way::kUnresolved;
      const Told told =
          Ask(gateway_.channel(), lane.call(), request_id,
              absl::StrCat(nowhere ? "nowhere-" : "lane-", number));
      if (++result.calls == cell.times) lane.Heal();
      Hear(told, lane, result);
      as_expected &= !told.turned_away() &&
                     (!faulty || !IsBarred(cell.fault->way) || told.not_sent());
      over =
          told.settled() || told.turned_away() || !result.contradiction.empty();
    }
    lane.Heal();
    result.effects = lane.effects();
    result.faults_met = lane.faults_met();
    result.fault_met = as_expected && lane.faults_met() > 0;
    return result;
  }

  static void Hear(const Told& told, const Lane& lane, CellResult& result) {
    result.told = told.status.error_message();
    if (told.turned_away()) {
      const bool sent = result.calls == 1 && lane.attempts() > 0;
      if (sent) result.contradiction = "turned away, but sent";
      return;
    }
    result.verdict = told.outcome.verdict();
    result.contradiction = Contradiction(lane, told.outcome);
    if (lane.attempts() > told.outcome.attempts()) {
      result.contradiction = "more requests than attempts";
    }
  }

  std::vector<CellResult> RunAll(const std::vector<Cell>& cells) {
    std::vector<CellResult> results(cells.size());
    // The shipping integrator's token is fetched by a call without a fault.
    RunSome(kLanes, kLanes, [&](size_t lane, int) {
      for (int merchant = 0; merchant < kMerchants; ++merchant) {
        Run({WriteRequests(*routes_).back(), &WireFaults().front()},
            static_cast<int>(lane), merchant);
      }
    });
    RunSome(cells.size(), kLanes, [&](size_t i, int lane) {
      results[i] = Run(cells[i], lane, MerchantOf(i));
    });
    RunSome(cells.size(), kFewLanes,
            [&](size_t i, int lane) { Repeat(cells[i], i, lane, results[i]); });
    return results;
  }

  // Each of so many lanes takes the next one.
  static void RunSome(size_t count, int lanes,
                      const std::function<void(size_t, int)>& run) {
    std::atomic<size_t> next = 0;
    std::vector<std::thread> callers;
    callers.reserve(static_cast<size_t>(lanes));
    for (int lane = 0; lane < lanes; ++lane) {
      callers.emplace_back([&, lane] {
        for (size_t i; (i = next++) < count;) run(i, lane);
      });
    }
    for (std::thread& caller : callers) caller.join();
  }

  // On a slow machine an attempt's second may be over before it comes to its
  // fault, and a change that must not be sent twice has no other attempt. Or
  // the gateway is behind and turns a call away. What missed its fault so, or
  // spent its calls before one could tell, is repeated when there is less to
  // do.
  void Repeat(const Cell& cell, size_t number, int lane, CellResult& result) {
    for (int i = 0; i < kMaxRepeats; ++i) {
      const bool played = result.fault_met && !UnknownThoughKeyed(result);
      if (played || !result.contradiction.empty()) return;
      result = Run(cell, lane, MerchantOf(number));
      result.repeated = true;
    }
  }

  static int MerchantOf(size_t cell) {
    return static_cast<int>(cell % kMerchants);
  }

  static inline const rest::RouteTable* routes_ = nullptr;
  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  Lanes lanes_{kLanes, "", kMerchants};
  GatewayProcess gateway_{{KLARNA_GATEWAY_PROGRAM, "--config",
                           lanes_.config_file(), "--listen", "127.0.0.1:0"},
                          Lanes::Environment(),
                          "\"listening\"",
                          "\"port\":"};
};

void PrintByFault(const std::vector<Cell>& cells,
                  const std::vector<CellResult>& results) {
  std::map<const WireFault*, std::map<Verdict, int>> verdicts;
  for (size_t i = 0; i < cells.size(); ++i) {
    ++verdicts[cells[i].fault][results[i].verdict];
  }
  std::printf("%-44s applied rejected not sent unknown\n", "fault");
  for (const WireFault& fault : WireFaults()) {
    auto& of_fault = verdicts[&fault];
    std::printf("%-44s %7d %8d %8d %7d\n", fault.name.c_str(),
                of_fault[gateway::v1::VERDICT_APPLIED],
                of_fault[gateway::v1::VERDICT_REJECTED],
                of_fault[gateway::v1::VERDICT_NOT_SENT],
                of_fault[gateway::v1::VERDICT_UNKNOWN]);
  }
}

TEST_F(FaultsTest, WhatCallersAreToldIsWhatHappened) {
  const int rounds = FromEnvironment("KLARNA_ROUNDS", 1);
  const std::vector<Cell> cells = Cells(rounds);
  const std::vector<CellResult> results = RunAll(cells);
  PrintByFault(cells, results);
  int contradictions = 0, unknown_keyed = 0, not_met = 0;
  int repeated = 0, calls = 0, faults_met = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    const CellResult& result = results[i];
    const std::string text =
        absl::StrCat(result.operation, ": ", cells[i].fault->name, ", ",
                     result.effects, " effects, ", result.calls, " calls");
    calls += result.calls;
    faults_met += result.faults_met;
    repeated += result.repeated ? 1 : 0;
    if (!result.contradiction.empty()) {
      ++contradictions;
      ADD_FAILURE() << text << ": " << result.contradiction;
    }
    if (!result.fault_met) {
      ++not_met;
      ADD_FAILURE() << text << ": the fault was not met; told: " << result.told;
    }
    if (UnknownThoughKeyed(result)) {
      ++unknown_keyed;
      ADD_FAILURE() << text
                    << ": unknown though it has a key; told: " << result.told;
    }
  }
  std::printf(
      "faults: %zu writes x %zu kinds of faults x %d rounds = %zu cells over "
      "TLS, %zu met their fault (%d when repeated), %d faults in %d calls; %d "
      "contradictions, %d keyed writes unknown, %d faults not met\n",
      WriteRequests(*routes_).size(), WireFaults().size(), rounds, cells.size(),
      cells.size() - static_cast<size_t>(not_met), repeated, faults_met, calls,
      contradictions, unknown_keyed, not_met);
  EXPECT_EQ(cells.size(), WriteRequests(*routes_).size() * WireFaults().size() *
                              static_cast<size_t>(rounds));
}

}  // namespace
}  // namespace klarna::faults

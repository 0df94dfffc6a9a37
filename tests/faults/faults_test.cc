// SPDX-License-Identifier: Apache-2.0
//
// Every write at every fault, over gRPC to a gateway process and from there
// over TCP and TLS to simulated Klarnas behind wires that fail: what callers
// were told is held against the ledgers. The n-th round has each fault n times
// in a row:
//
//   KLARNA_ROUNDS=3 build/tests/faults/faults_test
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
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
constexpr int kMaxCalls = 6;
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
  bool fault_met = false;
  std::string contradiction;  // Empty when all is well.
};

class FaultsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto routes = rest::RouteTable::Compile(rest::LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = std::move(*routes).release();
  }
  static void TearDownTestSuite() { delete routes_; }

  std::vector<Cell> Cells(int rounds) const {
    std::vector<Cell> cells;
    for (int round = 1; round <= rounds; ++round) {
      for (const WireFault& fault : WireFaults()) {
        for (const size_t request : WriteRequests(*routes_)) {
          cells.push_back({request, &fault, round});
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
    CellResult result;
    result.operation = lane.call().sandbox_operation;
    result.idempotency = lane.call().route->idempotency;
    while (result.calls < kMaxCalls && result.contradiction.empty()) {
      const bool nowhere =
          cell.fault->way == Way::kUnresolved && result.calls < cell.times;
      const Told told = Ask(gateway_.channel(), lane.call(), request_id,
                            absl::StrCat(nowhere ? "nowhere-" : "lane-",
                                         lane_number, "-", merchant));
      if (++result.calls == cell.times) lane.Heal();
      result.verdict = told.outcome.verdict();
      result.contradiction = Contradiction(lane, told.outcome);
      if (lane.attempts() > told.outcome.attempts()) {
        result.contradiction = "more requests than attempts";
      }
      if (told.settled()) break;
    }
    lane.Heal();
    result.effects = lane.effects();
    result.fault_met = lane.fault_met();
    return result;
  }

  std::vector<CellResult> RunAll(const std::vector<Cell>& cells) {
    std::vector<CellResult> results(cells.size());
    std::atomic<size_t> next = 0;
    std::vector<std::thread> callers;
    for (int lane = 0; lane < kLanes; ++lane) {
      callers.emplace_back([&, lane] {
        // The shipping integrator's token is fetched by a call without a fault.
        for (int merchant = 0; merchant < kMerchants; ++merchant) {
          Run({WriteRequests(*routes_).back(), &WireFaults().front()}, lane,
              merchant);
        }
        for (size_t i; (i = next++) < cells.size();) {
          // On a slow machine an attempt may be lost before it meets its fault.
          for (int tries = 0; tries < 3 && !results[i].fault_met; ++tries) {
            results[i] = Run(cells[i], lane, static_cast<int>(i % kMerchants));
            if (!results[i].contradiction.empty()) break;
          }
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    return results;
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
  const std::vector<Cell> cells = Cells(FromEnvironment("KLARNA_ROUNDS", 1));
  const std::vector<CellResult> results = RunAll(cells);
  PrintByFault(cells, results);
  int contradictions = 0, unknown_keyed = 0, not_met = 0, calls = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    const CellResult& result = results[i];
    const std::string text =
        absl::StrCat(result.operation, ": ", cells[i].fault->name, ", ",
                     result.effects, " effects, ", result.calls, " calls");
    calls += result.calls;
    if (!result.contradiction.empty()) {
      ++contradictions;
      ADD_FAILURE() << text << ": " << result.contradiction;
    }
    if (!result.fault_met) {
      ++not_met;
      ADD_FAILURE() << text << ": the fault was not met";
    }
    // The fault has passed, so the key settles it. A refusal that follows an
    // unknown attempt proves nothing.
    if (result.idempotency == rest::v1::IDEMPOTENCY_KEYED &&
        result.verdict == gateway::v1::VERDICT_UNKNOWN &&
        result.operation != kRefused) {
      ++unknown_keyed;
      ADD_FAILURE() << text << ": unknown though it has a key";
    }
  }
  std::printf(
      "faults: %zu cells, %zu writes at %zu faults over TLS, %d calls; %d "
      "contradictions, %d keyed writes unknown, %d faults not met\n",
      cells.size(), WriteRequests(*routes_).size(), WireFaults().size(), calls,
      contradictions, unknown_keyed, not_met);
}

}  // namespace
}  // namespace klarna::faults

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "klarna/gateway/v1/outcome.pb.h"
#include "service/rest/route.h"
#include "tests/simulation/fault_kind.h"
#include "tests/simulation/simulated_gateway.h"
#include "tests/simulation/simulated_network.h"

namespace klarna::simulation {

// Defects that can be planted into the memory of intents.
enum class MemoryBug {
  kNone,
  kForgetsAll,         // Every call is the first.
  kForgetsTheContent,  // Another content under the same id is not noticed.
  kReplaysUnknown,     // An unknown outcome is kept as an applied one.
  kHasNoDoubt,         // Nothing may have been tried at another replica.
  kLetsTwoTry,         // A call does not wait for one with the same id.
};

struct Bugs {
  NetworkBug network = NetworkBug::kNone;
  MemoryBug memory = MemoryBug::kNone;
};

// One change by one caller who wants it to happen once: at planned faults, with
// a caller who may leave, who may ask twice at the same time, who may come to
// another replica, and who calls again for as long as that may settle it.
struct RunPlan {
  uint64_t seed = 0;
  TourStop stop;                         // One of WriteStops.
  std::vector<const FaultKind*> faults;  // Of the first attempts, in order.
  Bugs bugs;
};

struct RunResult {
  std::string operation;
  gateway::v1::Verdict verdict = gateway::v1::VERDICT_UNSPECIFIED;
  int effects = 0;
  int calls = 0;
  // What the caller was told that the ledger contradicts; empty when all is
  // well.
  std::string contradiction;
};

// The same plan gives the same result.
RunResult Simulate(const RunPlan& plan, const rest::RouteTable& routes);

// What a plan can choose from: every write.
std::vector<TourStop> WriteStops(const rest::RouteTable& routes);
// Those with an idempotency key.
std::vector<TourStop> KeyedWriteStops(const rest::RouteTable& routes);

}  // namespace klarna::simulation

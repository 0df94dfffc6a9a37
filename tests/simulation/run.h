// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "klarna/gateway/v1/outcome.pb.h"
#include "service/rest/route.h"
#include "tests/simulation/fault_kind.h"
#include "tests/simulation/planted_bugs.h"
#include "tests/simulation/simulated_gateway.h"
#include "tests/simulation/simulated_network.h"

namespace klarna::simulation {

// One change by one caller who wants it to happen once: at planned faults, with
// a caller who may leave, who may have little time, who may ask twice at the
// same time, who may come to another replica, and who calls again for as long
// as that may settle it, at once or after a day. Gateways may have no room for
// a call, they may die, and their clocks are wrong by seconds and may be by an
// hour. In the end all of that is over.
struct RunPlan {
  uint64_t seed = 0;
  // Nothing goes wrong but what is planned.
  bool calm = false;
  TourStop stop;                         // One of WriteStops.
  std::vector<const FaultKind*> faults;  // Of the first attempts, in order.
  Bugs bugs;
};

struct RunResult {
  std::string operation;
  gateway::v1::Verdict verdict = gateway::v1::VERDICT_UNSPECIFIED;
  std::string created_id;  // As it was told.
  int effects = 0;
  int calls = 0;
  // What the caller was told that the ledger contradicts; empty when all is
  // well.
  std::string contradiction;
};

// The same plan gives the same result. `routes` may have a defect.
RunResult Simulate(const RunPlan& plan, const rest::RouteTable& routes);

// What a plan can choose from: every write.
std::vector<TourStop> WriteStops(const rest::RouteTable& routes);
// Those with an idempotency key.
std::vector<TourStop> KeyedWriteStops(const rest::RouteTable& routes);

}  // namespace klarna::simulation

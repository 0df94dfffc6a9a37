// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "service/rest/route.h"
#include "tests/simulation/fault_kind.h"
#include "tests/simulation/simulated_gateway.h"
#include "tests/simulation/simulated_network.h"

namespace klarna::simulation {

// One reader who wants the whole of an entity, a list or a file: whose requests
// meet planned faults, who takes messages at any pace, who may leave, and who
// comes back with the last resume token until all is read.
struct ReadPlan {
  uint64_t seed = 0;
  TourStop stop;                         // One of ReadStops.
  std::vector<const FaultKind*> faults;  // Of the first requests, in order.
  NetworkBug bug = NetworkBug::kNone;
};

struct ReadResult {
  std::string operation;
  int streams = 0;
  int requests = 0;
  // What the reader got that is not what Klarna has; empty when all is well.
  std::string contradiction;
};

// The same plan gives the same result.
ReadResult SimulateRead(const ReadPlan& plan, const rest::RouteTable& routes);

// What a plan can choose from: one for each read.
std::vector<TourStop> ReadStops(const rest::RouteTable& routes);

// Whether a reader can be expected to notice the fault. A file has no form that
// would tell it from other bytes, and a list of anything is still a list.
bool CanBeNoticed(const FaultKind& fault, const rest::Route& route);

}  // namespace klarna::simulation

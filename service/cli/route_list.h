// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "service/rest/route.h"

namespace klarna::cli {

// One line for each operation, in the order of the contract:
//
//   klarna.settlements.v1.SettlementsService  list_payouts  GET /settlements...
std::string RouteList(const rest::RouteTable& routes);

}  // namespace klarna::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "service/rest/route.h"
#include "service/sandbox/message.h"

namespace klarna::simulation {

// What a caller can ask for: the request that becomes one of the REST calls
// that the simulated Klarna understands.
struct RestCall {
  const rest::Method* method = nullptr;
  const rest::Route* route = nullptr;
  std::string sandbox_operation = {};  // "order_management.captureOrder".
  std::string fields = {};  // Of the request message, but for its envelope.

  // Of a change.
  std::string Request(const std::string& request_id) const;
};

// Nullopt for a REST call that is no change, or no read.
std::optional<RestCall> ToWriteCall(const sandbox::Request& request,
                                    const rest::RouteTable& routes);
std::optional<RestCall> ToReadCall(const sandbox::Request& request,
                                   const rest::RouteTable& routes);

}  // namespace klarna::simulation

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "service/rest/route.h"
#include "service/sandbox/message.h"

namespace klarna::simulation {

// A change that a caller can ask for: the Publish request that becomes one of
// the REST calls that the simulated Klarna understands.
struct WriteCall {
  const rest::Method* method = nullptr;
  const rest::Route* route = nullptr;
  std::string sandbox_operation = {};  // "order_management.captureOrder".
  std::string fields = {};  // Of a PublishRequest, without request_id.

  std::string Request(const std::string& request_id) const;
};

// Nullopt for a REST call that is no change.
std::optional<WriteCall> ToWriteCall(const sandbox::Request& request,
                                     const rest::RouteTable& routes);

}  // namespace klarna::simulation

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "service/http/transport.h"
#include "service/rest/route.h"

namespace klarna::gateway {

// The answer of a dry run: the response message with the REST call that would
// have been made. `request` is the call without credentials.
std::string DryStream(const rest::Envelope& envelope,
                      const http::HttpRequest& request);
std::string DryChange(const rest::Envelope& envelope,
                      const http::HttpRequest& request,
                      const std::string& idempotency_key);

}  // namespace klarna::gateway

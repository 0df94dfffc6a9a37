// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "service/http/ip_address.h"
#include "service/http/transport.h"

namespace klarna::http {

// Where a request goes, read from its URL.
struct RequestTarget {
  bool tls = true;
  std::string host;  // Without brackets.
  uint16_t port = 443;
  // The host itself, when it is an address and not a name.
  std::optional<IpAddress> address;
  // The host is a loopback address or `localhost`.
  bool loopback = false;
};

// Checks everything of a request that could break out of its place on the wire
// or send it elsewhere, before anything is done with it.
//
//   CheckRequest({.method = "GET", .url = "https://api.klarna.com/a"});
//   // host api.klarna.com, port 443
//   CheckRequest({.method = "GET", .url = "http://api.klarna.com/"});
//   // INVALID_ARGUMENT: plain http to a host that is not loopback
//
// INVALID_ARGUMENT says what was refused, by name; never a header's value.
absl::StatusOr<RequestTarget> CheckRequest(const HttpRequest& request);

}  // namespace klarna::http

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "service/json/json_to_wire.h"
#include "service/rest/route.h"

namespace klarna::rest {

// An operation as a REST call, still without host and credentials.
struct BoundRequest {
  std::string method;
  std::string path;   // Percent-encoded, "/settlements/v1/payouts".
  std::string query;  // Percent-encoded, without "?"; may be empty.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // Path and query, as they stand in the request line.
  std::string Target() const;
  // Adds a parameter to the query.
  void AddQuery(absl::string_view name, absl::string_view value);
};

// Binds an operation message, given as its wire bytes, to its REST call:
//
//   ListPayouts{start_date: "2026-01-01"} ->
//   GET /settlements/v1/payouts?start_date=2026-01-01
//
// The result does not depend on the order of the fields on the wire.
// `operation` must have passed json::CheckWire. `unmapped` is merged into the
// JSON body.
//
// INVALID_ARGUMENT, naming the field, for a path field that is missing, empty
// or dotted, for a header value that is not printable ASCII, and for `unmapped`
// that does not fit.
absl::StatusOr<BoundRequest> Bind(const Route& route,
                                  std::string_view operation,
                                  absl::Span<const json::Unmapped> unmapped);

}  // namespace klarna::rest

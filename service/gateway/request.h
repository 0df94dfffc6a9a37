// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/timestamp.pb.h"
#include "klarna/gateway/v1/options.pb.h"
#include "service/config/config.h"
#include "service/json/json_to_wire.h"
#include "service/rest/request_binder.h"
#include "service/rest/route.h"

namespace klarna::gateway {

// Klarna's own bound on a request is 1 MB; uploads are bound by the server's.
inline constexpr size_t kMaxRequestBytes = 1 << 20;

// The parts of a request that all services share.
struct DecodedRequest {
  v1::CallOptions options;
  v1::PageOptions paging;
  const rest::Route* route = nullptr;
  std::string_view operation;  // Wire bytes of the operation message.

  // Of a Publish.
  std::string_view request_id;
  std::optional<google::protobuf::Timestamp> first_attempt_at;
  std::vector<json::Unmapped> unmapped;
};

// Takes a request apart, strictly: nothing that this build does not know or do
// is ignored. `bytes` must outlive the result. UNIMPLEMENTED: an unknown field.
// INVALID_ARGUMENT: no operation, two operations, malformed or too large.
absl::StatusOr<DecodedRequest> DecodeRequest(const rest::Method& method,
                                             std::string_view bytes);

// The account that the options name, or the default. INVALID_ARGUMENT naming
// the option when there is none.
absl::StatusOr<const config::Account*> FindAccount(
    const config::Config& config, const v1::CallOptions& options);

// The REST call that the request asks for. PERMISSION_DENIED: a raw call that
// the account does not allow.
absl::StatusOr<rest::BoundRequest> BindCall(const rest::Method& method,
                                            const DecodedRequest& request,
                                            const config::Account& account);

}  // namespace klarna::gateway

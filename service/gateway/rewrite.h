// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "klarna/gateway/v1/options.pb.h"
#include "service/config/config.h"
#include "service/gateway/call.h"
#include "service/gateway/request.h"
#include "service/rest/request_binder.h"
#include "service/rest/route.h"
#include "service/runtime/task.h"

namespace klarna::gateway {

// The name of the transformer that a call goes through: what the call says,
// else the account's default for the operation, else the account's. Empty:
// none. INVALID_ARGUMENT, naming the option, when none of the call's name is
// configured, or the call has no document: an upload of files, a raw call.
absl::StatusOr<std::string> ChooseTransformer(const config::Config& config,
                                              const config::Account& account,
                                              const rest::Route& route,
                                              const v1::CallOptions& options);

// A call as a transformer made it.
struct Rewritten {
  std::string operation;  // Wire bytes of the operation message.
  rest::BoundRequest bound;
};

// Runs the operation through a transformer and binds what comes out. The
// request must have been bound before. INVALID_ARGUMENT, reason
// TRANSFORMER_FAILED, when the program failed or made a call that cannot be
// bound; RESOURCE_EXHAUSTED when too many calls wait for it; UNAVAILABLE,
// reason NOT_SENT, when it cannot be run at present.
runtime::Task<absl::StatusOr<Rewritten>> Rewrite(
    const Resources& resources, const DecodedRequest& request,
    const std::string& transformer);

}  // namespace klarna::gateway

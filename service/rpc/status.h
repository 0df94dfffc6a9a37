// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace klarna::rpc {

// The status as gRPC sends it, with its details as google.rpc.Status in the
// trailer grpc-status-details-bin.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace klarna::rpc

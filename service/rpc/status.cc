// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/status.h"

#include "service/rest/status_details.h"

namespace klarna::rpc {

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status details = rest::ToRpcStatus(status);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      details.message(), details.SerializeAsString());
}

}  // namespace klarna::rpc

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "grpcpp/impl/service_type.h"

namespace klarna::rpc {

// grpc.reflection.v1: lets grpcurl and the like ask what the server offers.
// gRPC 1.51 brings only v1alpha, and newer tools begin to ask for v1 alone.
class ReflectionV1 final : public grpc::Service {
 public:
  // `services` are the full names to list.
  explicit ReflectionV1(std::vector<std::string> services);

 private:
  const std::vector<std::string> services_;
};

}  // namespace klarna::rpc

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/impl/service_type.h"
#include "service/rest/route.h"

namespace klarna::rpc {

// Receives the calls of all services, as bytes. Called on gRPC's threads.
class CallHandler {
 public:
  virtual ~CallHandler() = default;

  virtual grpc::ServerWriteReactor<grpc::ByteBuffer>* Subscribe(
      grpc::CallbackServerContext& context, const rest::Method& method,
      const grpc::ByteBuffer& request) = 0;

  virtual grpc::ServerUnaryReactor* Publish(
      grpc::CallbackServerContext& context, const rest::Method& method,
      const grpc::ByteBuffer& request, grpc::ByteBuffer& response) = 0;
};

// Offers one service of the contract, known by its descriptor only: no
// generated service class takes part, so a new service needs no C++. It
// registers raw-bytes methods just as generated code does.
class RawService final : public grpc::Service {
 public:
  // `routes` and `handler` must outlive it.
  RawService(const google::protobuf::ServiceDescriptor& service,
             const rest::RouteTable& routes, CallHandler& handler);

 private:
  void AddSubscribe(int index, const rest::Method& method);
  void AddPublish(int index, const rest::Method& method);

  CallHandler& handler_;
  std::vector<std::string> names_;  // gRPC keeps pointers to them.
};

}  // namespace klarna::rpc

// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/raw_service.h"

#include "absl/strings/str_cat.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"
#include "grpcpp/impl/rpc_service_method.h"

namespace klarna::rpc {

using grpc::ByteBuffer;
using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;

RawService::RawService(const google::protobuf::ServiceDescriptor& service,
                       const rest::RouteTable& routes, CallHandler& handler)
    : handler_(handler) {
  names_.reserve(static_cast<size_t>(service.method_count()));
  for (int i = 0; i < service.method_count(); ++i) {
    const google::protobuf::MethodDescriptor& descriptor = *service.method(i);
    const rest::Method& method =
        *routes.Find(service.full_name(), descriptor.name());
    names_.push_back(
        absl::StrCat("/", service.full_name(), "/", descriptor.name()));
    if (descriptor.server_streaming()) {
      AddSubscribe(i, method);
    } else {
      AddPublish(i, method);
    }
  }
}

void RawService::AddSubscribe(int index, const rest::Method& method) {
  AddMethod(new RpcServiceMethod(names_.back().c_str(),
                                 RpcMethod::SERVER_STREAMING, nullptr));
  MarkMethodRawCallback(
      index, new grpc::internal::CallbackServerStreamingHandler<ByteBuffer,
                                                                ByteBuffer>(
                 [this, &method](grpc::CallbackServerContext* context,
                                 const ByteBuffer* request) {
                   return handler_.Subscribe(*context, method, *request);
                 }));
}

void RawService::AddPublish(int index, const rest::Method& method) {
  AddMethod(new RpcServiceMethod(names_.back().c_str(), RpcMethod::NORMAL_RPC,
                                 nullptr));
  MarkMethodRawCallback(
      index,
      new grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>(
          [this, &method](grpc::CallbackServerContext* context,
                          const ByteBuffer* request, ByteBuffer* response) {
            return handler_.Publish(*context, method, *request, *response);
          }));
}

}  // namespace klarna::rpc

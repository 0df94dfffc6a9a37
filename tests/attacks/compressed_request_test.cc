// SPDX-License-Identifier: Apache-2.0
//
// A compressed request may be a thousand times as long as what was received, so
// none is taken.
#include <gtest/gtest.h>

#include <string>

#include "klarna/order_management/v1/order_management_service.pb.h"
#include "tests/end_to_end/gateway_under_test.h"
#include "tests/testing/raw_http_server.h"

namespace klarna::testing {
namespace {

namespace om = ::klarna::order_management::v1;

TEST(CompressedRequestTest, IsRefusedBeforeItIsDecompressed) {
  RawHttpServer upstream({{ReadRequest()}});
  GatewayUnderTest gateway(upstream.Url(""));
  om::PublishRequest request;
  request.mutable_create_capture()->set_order_id(std::string(64 << 20, 'x'));
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    grpc::ClientContext context;
    context.set_compression_algorithm(algorithm);
    const grpc::internal::RpcMethod method(
        "/klarna.order_management.v1.OrderManagementService/Publish",
        grpc::internal::RpcMethod::NORMAL_RPC);
    om::PublishResponse response;
    const grpc::Status status = grpc::internal::BlockingUnaryCall<
        om::PublishRequest, om::PublishResponse, google::protobuf::MessageLite,
        google::protobuf::MessageLite>(gateway.channel().get(), method,
                                       &context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED)
        << status.error_message();
  }
  EXPECT_EQ(upstream.ConnectionCount(), 0u);
}

}  // namespace
}  // namespace klarna::testing

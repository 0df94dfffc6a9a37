// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "klarna/payments/v1/payments_service.pb.h"
#include "service/rest/status_details.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::gateway {
namespace {

using ::testing::IsEmpty;
using testing::PublishCaller;
using ::testing::SizeIs;
using testing::Whole;

constexpr char kPayments[] = "klarna.payments.v1.PaymentsService";
// Of the executor's first moment.
constexpr char kId[] = "018bcfe5-6800-7000-8000-000000000001";

class ReadOnlyFieldTest : public ::testing::Test {
 protected:
  static payments::v1::PublishRequest PlaceOrder() {
    payments::v1::PublishRequest request;
    request.set_request_id(kId);
    request.mutable_create_order()->set_authorization_token("t1");
    request.mutable_create_order()->mutable_order()->set_order_amount(1);
    return request;
  }

  static payments::v1::PublishRequest WithUnmappedStatus() {
    payments::v1::PublishRequest request = PlaceOrder();
    request.add_unmapped()->set_pointer("/status");
    request.mutable_unmapped(0)->set_json("\"complete\"");
    return request;
  }

  std::shared_ptr<PublishCaller> Call(
      const payments::v1::PublishRequest& request) {
    engine_.transport().Answer(Whole(200, R"({"order_id":"o1"})"));
    auto caller = engine_.Publish(kPayments, request.SerializeAsString());
    engine_.executor().RunUntilIdle();
    return caller;
  }

  std::string BodySent() {
    EXPECT_THAT(engine_.transport().requests(), SizeIs(1));
    return engine_.transport().requests().at(0).body;
  }

  testing::EngineUnderTest engine_;
};

TEST_F(ReadOnlyFieldTest, IsRefusedAndNothingIsSent) {
  payments::v1::PublishRequest request = PlaceOrder();
  request.mutable_create_order()->mutable_order()->set_status("complete");
  const auto caller = Call(request);
  ASSERT_TRUE(caller->finished());
  EXPECT_EQ(caller->status().code(), absl::StatusCode::kInvalidArgument);
  google::rpc::BadRequest detail;
  ASSERT_TRUE(rest::GetDetail(caller->status(), detail));
  ASSERT_EQ(detail.field_violations_size(), 1);
  EXPECT_EQ(detail.field_violations(0).field(), "create_order.order.status");
  EXPECT_THAT(engine_.transport().requests(), IsEmpty());
}

TEST_F(ReadOnlyFieldTest, IsRefusedInADryRun) {
  payments::v1::PublishRequest request = PlaceOrder();
  request.mutable_options()->set_dry_run(true);
  request.mutable_create_order()->mutable_order()->set_status("complete");
  EXPECT_EQ(Call(request)->status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ReadOnlyFieldTest, IsSentByUnmapped) {
  EXPECT_TRUE(Call(WithUnmappedStatus())->status().ok());
  EXPECT_EQ(BodySent(), R"({"order_amount":1,"status":"complete"})");
}

// What the transformer hands back is typed again, and no caller's doing.
TEST_F(ReadOnlyFieldTest, IsSentByUnmappedThroughATransformer) {
  engine_.UseTransformers({{"same", "."}});
  payments::v1::PublishRequest request = WithUnmappedStatus();
  request.mutable_options()->set_transformer("same");
  EXPECT_TRUE(Call(request)->status().ok());
  EXPECT_EQ(BodySent(), R"({"order_amount":1,"status":"complete"})");
}

}  // namespace
}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/dry_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::gateway {
namespace {

namespace om = ::klarna::order_management::v1;
namespace settlements = ::klarna::settlements::v1;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
constexpr char kSettlements[] = "klarna.settlements.v1.SettlementsService";
// Of the executor's first moment.
constexpr char kId[] = "018bcfe5-6800-7000-8000-000000000001";

std::vector<std::string> HeaderNames(const v1::RestCall& call) {
  std::vector<std::string> names;
  for (const v1::Parameter& header : call.headers()) {
    names.push_back(header.name());
  }
  return names;
}

class DryRunTest : public ::testing::Test {
 protected:
  template <typename Response, typename Request>
  Response Stream(const char* service, const Request& request) {
    const testing::Streamed streamed =
        engine_.Subscribe(service, request.SerializeAsString());
    EXPECT_TRUE(streamed.status->ok()) << *streamed.status;
    Response response;
    EXPECT_THAT(streamed.messages, SizeIs(1));
    EXPECT_TRUE(response.ParseFromString(streamed.messages.at(0)));
    EXPECT_TRUE(response.batch().last());
    return response;
  }

  testing::EngineUnderTest engine_;
};

TEST_F(DryRunTest, AListShowsTheCallOfItsFirstPage) {
  settlements::SubscribeRequest request;
  request.mutable_options()->set_dry_run(true);
  request.mutable_paging()->set_page_size(50);
  request.mutable_list_transactions()->set_payment_reference("P 1");
  const v1::RestCall call =
      Stream<settlements::SubscribeResponse>(kSettlements, request).rest_call();
  EXPECT_EQ(call.method(), "GET");
  EXPECT_EQ(call.url(),
            "https://api.klarna.example/settlements/v1/transactions"
            "?payment_reference=P%201&size=50&offset=0");
  EXPECT_THAT(HeaderNames(call), Not(Contains("Authorization")));
  EXPECT_THAT(engine_.transport().requests(), IsEmpty());
}

TEST_F(DryRunTest, ASingleEntity) {
  om::SubscribeRequest request;
  request.mutable_options()->set_dry_run(true);
  request.mutable_get_order()->set_order_id("o/1");
  EXPECT_EQ(Stream<om::SubscribeResponse>(kOrderManagement, request)
                .rest_call()
                .url(),
            "https://api.klarna.example/ordermanagement/v1/orders/o%2F1");
  EXPECT_THAT(engine_.transport().requests(), IsEmpty());
}

TEST_F(DryRunTest, AChangeShowsItsBodyAndKeyAndSendsNothing) {
  om::PublishRequest request;
  request.set_request_id(kId);
  request.mutable_options()->set_dry_run(true);
  request.mutable_create_capture()->set_order_id("o1");
  request.mutable_create_capture()->mutable_capture()->set_captured_amount(100);
  const auto dry =
      engine_.Publish(kOrderManagement, request.SerializeAsString());
  engine_.executor().RunUntilIdle();
  ASSERT_TRUE(dry->finished());
  ASSERT_TRUE(dry->status().ok()) << dry->status();
  om::PublishResponse response;
  ASSERT_TRUE(response.ParseFromString(dry->message()));
  EXPECT_EQ(response.outcome().verdict(), v1::VERDICT_NOT_SENT);
  EXPECT_EQ(response.rest_call().body(), R"({"captured_amount":100})");
  EXPECT_THAT(HeaderNames(response.rest_call()),
              Contains("Klarna-Idempotency-Key"));
  EXPECT_THAT(HeaderNames(response.rest_call()),
              Not(Contains("Authorization")));
  EXPECT_THAT(engine_.transport().requests(), IsEmpty());

  // What follows in earnest is not taken for a resend.
  request.mutable_options()->set_dry_run(false);
  engine_.transport().Answer(testing::Captured());
  const auto change =
      engine_.Publish(kOrderManagement, request.SerializeAsString());
  engine_.executor().RunUntilIdle();
  ASSERT_TRUE(change->finished());
  EXPECT_TRUE(change->status().ok()) << change->status();
  ASSERT_THAT(engine_.transport().requests(), SizeIs(1));
  EXPECT_EQ(http::FindHeader(engine_.transport().requests()[0].headers,
                             "Klarna-Idempotency-Key"),
            response.outcome().idempotency_key());
}

TEST_F(DryRunTest, BadInputIsAnErrorAsInEarnest) {
  om::PublishRequest request;
  request.mutable_options()->set_dry_run(true);
  request.mutable_cancel_order()->set_order_id("o1");
  const auto dry =
      engine_.Publish(kOrderManagement, request.SerializeAsString());
  ASSERT_TRUE(dry->finished());
  EXPECT_EQ(dry->status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(dry->status().message()), HasSubstr("request_id"));
}

}  // namespace
}  // namespace klarna::gateway

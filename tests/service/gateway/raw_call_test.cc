// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "google/rpc/error_details.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "service/rest/status_details.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::gateway {
namespace {

namespace om = ::klarna::order_management::v1;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::Whole;

constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
// Of the executor's first moment.
constexpr char kId[] = "018bcfe5-6800-7000-8000-000000000001";

class RawCallTest : public ::testing::Test {
 protected:
  RawCallTest() { engine_.account().raw_calls = true; }

  static om::PublishRequest Note(const std::string& text) {
    om::PublishRequest request;
    request.set_request_id(kId);
    request.mutable_raw()->set_method("POST");
    request.mutable_raw()->set_path("/ordermanagement/v2/orders/o1/notes");
    request.mutable_raw()->set_payload(text);
    return request;
  }

  std::shared_ptr<testing::PublishCaller> Publish(
      const om::PublishRequest& request) {
    auto caller =
        engine_.Publish(kOrderManagement, request.SerializeAsString());
    engine_.executor().RunUntilIdle();
    return caller;
  }

  testing::EngineUnderTest engine_;
};

TEST_F(RawCallTest, IsOffUnlessTheAccountAllowsIt) {
  engine_.account().raw_calls = false;
  const auto caller = Publish(Note("{}"));
  EXPECT_EQ(caller->status().code(), absl::StatusCode::kPermissionDenied);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(rest::GetDetail(caller->status(), info));
  EXPECT_EQ(info.reason(), "RAW_CALLS_OFF");
  EXPECT_THAT(engine_.transport().requests(), IsEmpty());
}

TEST_F(RawCallTest, AReadStreamsTheAnswerAsItCame) {
  om::SubscribeRequest request;
  request.mutable_raw()->set_method("GET");
  request.mutable_raw()->set_path("/ordermanagement/v2/orders");
  engine_.transport().Answer(
      Whole(200, "[1, 2]", {{"Content-Type", "application/json"}}));
  const auto streamed =
      engine_.Subscribe(kOrderManagement, request.SerializeAsString());
  ASSERT_TRUE(streamed.status->ok()) << *streamed.status;
  ASSERT_THAT(streamed.messages, SizeIs(1));
  om::SubscribeResponse response;
  ASSERT_TRUE(response.ParseFromString(streamed.messages[0]));
  EXPECT_TRUE(response.batch().last());
  EXPECT_EQ(response.raw().status(), 200);
  EXPECT_EQ(response.raw().content_type(), "application/json");
  EXPECT_EQ(response.raw().body(), "[1, 2]");
}

TEST_F(RawCallTest, AChangeIsPublishedWithItsOutcome) {
  engine_.transport().Answer(Whole(202, "<accepted/>"));
  const auto caller = Publish(Note(R"({"text": "x"})"));
  ASSERT_TRUE(caller->status().ok()) << caller->status();
  om::PublishResponse response;
  ASSERT_TRUE(response.ParseFromString(caller->message()));
  EXPECT_EQ(response.outcome().verdict(), v1::VERDICT_APPLIED);
  EXPECT_EQ(response.raw().status(), 202);
  EXPECT_EQ(response.raw().body(), "<accepted/>");
  const http::HttpRequest& sent = engine_.transport().requests().at(0);
  EXPECT_TRUE(sent.mutation);
  EXPECT_EQ(sent.body, R"({"text": "x"})");
  EXPECT_EQ(http::FindHeader(sent.headers, "Klarna-Idempotency-Key"),
            response.outcome().idempotency_key());
}

TEST_F(RawCallTest, AnErrorIsAnErrorAsOfAnyCall) {
  engine_.transport().Answer(Whole(404, "{}"));
  const auto caller = Publish(Note("{}"));
  EXPECT_EQ(caller->status().code(), absl::StatusCode::kNotFound);
  v1::Outcome outcome;
  ASSERT_TRUE(rest::GetDetail(caller->status(), outcome));
  EXPECT_EQ(outcome.verdict(), v1::VERDICT_REJECTED);
}

TEST_F(RawCallTest, AnUnknownOutcomeIsNeverSentAgain) {
  engine_.transport().Answer(
      testing::Broken(http::TransferError::kReset, true));
  Publish(Note("{}"));
  const auto again = Publish(Note("{}"));
  ASSERT_TRUE(again->finished());
  EXPECT_EQ(again->status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(engine_.transport().requests(), SizeIs(1));
}

TEST_F(RawCallTest, TheSameIdForAnotherPayloadIsRefused) {
  engine_.transport().Answer(Whole(200, "{}"));
  Publish(Note("{}"));
  const auto other = Publish(Note("[]"));
  ASSERT_TRUE(other->finished());
  EXPECT_EQ(other->status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(engine_.transport().requests(), SizeIs(1));
}

}  // namespace
}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
//
// Whole calls that go through a transformer.
#include "service/gateway/rewrite.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "klarna/disputes/v4/disputes_service.pb.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "service/rest/status_details.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::gateway {
namespace {

namespace om = ::klarna::order_management::v1;
using testing::Captured;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::PublishCaller;
using ::testing::SizeIs;
using testing::Whole;

constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
constexpr char kSettlements[] = "klarna.settlements.v1.SettlementsService";
constexpr char kDisputes[] = "klarna.disputes.v4.DisputesService";
constexpr char kId[] = "018bcfe5-6800-7000-8000-000000000001";

constexpr char kLabel[] =
    "if .operation == \"order_management.create_capture\" "
    "then .payload.reference = \"by \" + .path.order_id else . end";

class RewriteTest : public ::testing::Test {
 protected:
  RewriteTest()
      : transformers_(engine_.UseTransformers(
            {{"label", kLabel},
             {"move", ".path.order_id = \"o2\""},
             {"fail", "error(\"no lines\")"},
             {"empty_path", ".path.order_id = \"\""},
             {"half", ".payload.captured_amount |= . / 2"},
             {"large", ".payload.description = \"x\" * 1100000"},
             {"second_page", ".query.payment_reference = \"P2\""}})) {}

  static om::PublishRequest Capture(const std::string& transformer = "") {
    om::PublishRequest request;
    request.set_request_id(kId);
    request.mutable_options()->set_transformer(transformer);
    request.mutable_create_capture()->set_order_id("o1");
    request.mutable_create_capture()->mutable_capture()->set_captured_amount(5);
    return request;
  }

  std::shared_ptr<PublishCaller> Publish(const om::PublishRequest& request) {
    auto caller =
        engine_.Publish(kOrderManagement, request.SerializeAsString());
    engine_.executor().RunUntilIdle();
    return caller;
  }

  static std::string Reason(const absl::Status& status) {
    google::rpc::ErrorInfo info;
    return rest::GetDetail(status, info) ? info.reason() : "";
  }

  std::string KeySent(size_t i) {
    return std::string(http::FindHeader(
        engine_.transport().requests()[i].headers, "Klarna-Idempotency-Key"));
  }

  testing::EngineUnderTest engine_;
  testing::InlineTransformers& transformers_;
};

TEST_F(RewriteTest, WhatComesOutIsSent) {
  engine_.transport().Answer(Captured());
  const auto caller = Publish(Capture("label"));
  ASSERT_TRUE(caller->status().ok()) << caller->status();
  ASSERT_THAT(engine_.transport().requests(), SizeIs(1));
  EXPECT_EQ(engine_.transport().requests()[0].body,
            R"({"captured_amount":5,"reference":"by o1"})");
}

TEST_F(RewriteTest, APathThatComesOutIsSent) {
  engine_.transport().Answer(Captured());
  Publish(Capture("move"));
  EXPECT_THAT(engine_.transport().requests()[0].url,
              EndsWith("/orders/o2/captures"));
}

TEST_F(RewriteTest, TheCallersOwnChoiceComesBeforeTheAccounts) {
  engine_.account().transformer = "fail";
  engine_.transport().Answer(Captured());
  EXPECT_TRUE(Publish(Capture("move"))->status().ok());
}

TEST_F(RewriteTest, TheAccountsDefaultIsForCallsThatNameNone) {
  engine_.account().transformer = "label";
  engine_.transport().Answer(Captured());
  EXPECT_TRUE(Publish(Capture())->status().ok());
  EXPECT_THAT(engine_.transport().requests()[0].body, HasSubstr("by o1"));
}

TEST_F(RewriteTest, TheOperationsDefaultComesBeforeTheAccounts) {
  engine_.account().transformer = "fail";
  engine_.account().operation_transformers = {
      {"order_management.create_capture", "label"},
      {"order_management.create_refund", "fail"}};
  engine_.transport().Answer(Captured());
  EXPECT_TRUE(Publish(Capture())->status().ok());
  EXPECT_THAT(engine_.transport().requests()[0].body, HasSubstr("by o1"));
}

TEST_F(RewriteTest, AnOperationMayHaveNoneThoughTheAccountHas) {
  engine_.account().transformer = "fail";
  engine_.account().operation_transformers = {
      {"order_management.create_capture", ""}};
  engine_.transport().Answer(Captured());
  EXPECT_TRUE(Publish(Capture())->status().ok());
  EXPECT_THAT(transformers_.inputs(), IsEmpty());
}

TEST_F(RewriteTest, TheKeyIsThatOfTheCallAsItCame) {
  engine_.transport().Answer(Captured());
  Publish(Capture());
  testing::EngineUnderTest other;
  other.UseTransformers({{"move", ".path.order_id = \"o2\""}});
  other.transport().Answer(Captured());
  other.Publish(kOrderManagement, Capture("move").SerializeAsString());
  other.executor().RunUntilIdle();
  ASSERT_THAT(other.transport().requests(), SizeIs(1));
  EXPECT_EQ(
      std::string(http::FindHeader(other.transport().requests()[0].headers,
                                   "Klarna-Idempotency-Key")),
      KeySent(0));
}

// What a settled change needs no longer must not keep its outcome back.
TEST_F(RewriteTest, AResendIsReplayedWithoutTheTransformer) {
  engine_.transport().Answer(Captured());
  ASSERT_TRUE(Publish(Capture("label"))->status().ok());
  transformers_.FailWith(absl::InvalidArgumentError("changed meanwhile"));
  const auto caller = Publish(Capture("label"));
  EXPECT_TRUE(caller->status().ok()) << caller->status();
  EXPECT_THAT(engine_.transport().requests(), SizeIs(1));
  EXPECT_THAT(transformers_.inputs(), SizeIs(1));
}

TEST_F(RewriteTest, ADryRunShowsWhatComesOut) {
  om::PublishRequest request = Capture("label");
  request.mutable_options()->set_dry_run(true);
  const auto caller = Publish(request);
  ASSERT_TRUE(caller->status().ok()) << caller->status();
  EXPECT_THAT(caller->message(), HasSubstr("by o1"));
  EXPECT_THAT(engine_.transport().requests(), IsEmpty());
}

TEST_F(RewriteTest, AReadIsRewrittenToo) {
  settlements::v1::SubscribeRequest request;
  request.mutable_options()->set_transformer("second_page");
  request.mutable_list_transactions()->set_payment_reference("P1");
  engine_.transport().Answer(Whole(
      200,
      R"({"transactions":[],"pagination":{"count":0,"total":0,"offset":0}})"));
  const testing::Streamed streamed =
      engine_.Subscribe(kSettlements, request.SerializeAsString());
  ASSERT_TRUE(streamed.status.has_value());
  ASSERT_THAT(engine_.transport().requests(), SizeIs(1));
  EXPECT_THAT(engine_.transport().requests()[0].url,
              HasSubstr("payment_reference=P2"));
}

TEST_F(RewriteTest, UploadsGoPastTheAccountsDefault) {
  engine_.account().transformer = "fail";
  disputes::v4::PublishRequest request;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrCat("request_id: '", kId,
                   "' upload_attachment { payment_dispute_id: 'd' "
                   "file { data: 'x' filename: 'a.pdf' } }"),
      &request));
  engine_.transport().Answer(Captured());
  engine_.Publish(kDisputes, request.SerializeAsString());
  engine_.executor().RunUntilIdle();
  EXPECT_THAT(engine_.transport().requests(), SizeIs(1));
  EXPECT_THAT(transformers_.inputs(), IsEmpty());

  request.mutable_options()->set_transformer("fail");
  const auto caller = engine_.Publish(kDisputes, request.SerializeAsString());
  engine_.executor().RunUntilIdle();
  EXPECT_EQ(Reason(caller->status()), "BAD_REQUEST");
  EXPECT_THAT(std::string(caller->status().message()),
              HasSubstr("options.transformer: upload_attachment has no"));
}

struct FailureCase {
  const char* name;
  const char* transformer;
  absl::Status failure;  // Of the transformers; OK: the program's own.
  absl::StatusCode code;
  const char* reason;
  const char* message;
};

class FailureTest : public RewriteTest,
                    public ::testing::WithParamInterface<FailureCase> {};

TEST_P(FailureTest, IsToldAndNothingIsSent) {
  const FailureCase& tested = GetParam();
  if (!tested.failure.ok()) transformers_.FailWith(tested.failure);
  const auto caller = Publish(Capture(tested.transformer));
  ASSERT_TRUE(caller->finished());
  EXPECT_EQ(caller->status().code(), tested.code);
  EXPECT_EQ(Reason(caller->status()), tested.reason);
  EXPECT_THAT(std::string(caller->status().message()),
              HasSubstr(tested.message));
  v1::Outcome outcome;
  EXPECT_TRUE(rest::GetDetail(caller->status(), outcome));
  EXPECT_EQ(outcome.verdict(), v1::VERDICT_NOT_SENT);
  EXPECT_THAT(engine_.transport().requests(), IsEmpty());
  // The same intent may be sent again, by another way.
  engine_.transport().Answer(Captured());
  EXPECT_TRUE(Publish(Capture())->status().ok());
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

INSTANTIATE_TEST_SUITE_P(
    Failures, FailureTest,
    ::testing::ValuesIn(std::vector<FailureCase>{
        {"Error", "fail", absl::OkStatus(), kInvalid, "TRANSFORMER_FAILED",
         "transformer fail: no lines"},
        {"Path", "empty_path", absl::OkStatus(), kInvalid, "TRANSFORMER_FAILED",
         "transformer empty_path: create_capture.order_id"},
        {"Payload", "half", absl::OkStatus(), kInvalid, "TRANSFORMER_FAILED",
         "transformer half: /payload/captured_amount: is not a whole number"},
        {"Size", "large", absl::OkStatus(), kInvalid, "TRANSFORMER_FAILED",
         "transformer large: the payload has 11000"},
        {"Busy", "label", absl::ResourceExhaustedError("too many"),
         absl::StatusCode::kResourceExhausted, "TRANSFORMER_BUSY", "too many"},
        {"NoWorker", "label", absl::UnavailableError("no process"),
         absl::StatusCode::kUnavailable, "NOT_SENT",
         "transformer label: no process"},
    }),
    [](const auto& tested) { return tested.param.name; });

TEST_F(RewriteTest, ANumberThatJqWouldChangeIsRefusedWithItsPlace) {
  om::PublishRequest request = Capture("label");
  request.mutable_create_capture()->mutable_capture()->set_captured_amount(
      9007199254740993);
  const auto caller = Publish(request);
  EXPECT_THAT(std::string(caller->status().message()),
              HasSubstr("transformer label: /payload/captured_amount: jq would "
                        "change this number"));
  EXPECT_THAT(engine_.transport().requests(), IsEmpty());
}

TEST_F(RewriteTest, TheSameNumberPassesWithoutATransformer) {
  om::PublishRequest request = Capture();
  request.mutable_create_capture()->mutable_capture()->set_captured_amount(
      9007199254740993);
  engine_.transport().Answer(Captured());
  EXPECT_TRUE(Publish(request)->status().ok());
  EXPECT_EQ(engine_.transport().requests()[0].body,
            R"({"captured_amount":9007199254740993})");
}

TEST_F(RewriteTest, TheDocumentIsWhatTheCallerSent) {
  engine_.transport().Answer(Captured());
  Publish(Capture("label"));
  EXPECT_THAT(transformers_.inputs(),
              ElementsAre(R"({"operation":"order_management.create_capture",)"
                          R"("path":{"order_id":"o1"},"query":{},)"
                          R"("payload":{"captured_amount":5}})"));
}

}  // namespace
}  // namespace klarna::gateway

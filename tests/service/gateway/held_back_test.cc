// SPDX-License-Identifier: Apache-2.0
//
// Whole calls that upstream::Gate holds back: what their callers hear.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "service/rest/status_details.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::gateway {
namespace {

namespace om = ::klarna::order_management::v1;
using Code = absl::StatusCode;
using testing::Captured;
using testing::PublishCaller;
using testing::Streamed;
using testing::Whole;

constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
constexpr char kSettlements[] = "klarna.settlements.v1.SettlementsService";

template <typename Detail>
Detail DetailOf(const absl::Status& status) {
  Detail detail;
  rest::GetDetail(status, detail);
  return detail;
}

std::string Reason(const absl::Status& status) {
  return DetailOf<google::rpc::ErrorInfo>(status).reason();
}

class HeldBackTest : public ::testing::Test {
 protected:
  std::shared_ptr<PublishCaller> Capture(
      const std::string& request_id,
      absl::Duration time_left = absl::InfiniteDuration()) {
    om::PublishRequest request;
    request.set_request_id(request_id);
    request.mutable_first_attempt_at()->set_seconds(
        absl::ToUnixSeconds(engine_.WallNow()));
    request.mutable_create_capture()->set_order_id("o1");
    request.mutable_create_capture()->mutable_capture()->set_captured_amount(1);
    auto caller = engine_.Publish(kOrderManagement, request.SerializeAsString(),
                                  {.deadline = Now() + time_left});
    engine_.executor().RunUntilIdle();
    return caller;
  }

  Streamed GetOrder() {
    om::SubscribeRequest request;
    request.mutable_get_order()->set_order_id("o1");
    return engine_.Subscribe(kOrderManagement, request.SerializeAsString());
  }

  void OpenBreaker() {
    for (int i = 0; i < 20; ++i) {
      engine_.transport().Answer(Whole(503));
      GetOrder();
    }
  }

  void ExpectNotSent(const PublishCaller& caller, Code code,
                     const std::string& reason) {
    ASSERT_TRUE(caller.finished());
    EXPECT_EQ(caller.status().code(), code);
    EXPECT_EQ(Reason(caller.status()), reason);
    EXPECT_EQ(DetailOf<v1::Outcome>(caller.status()).verdict(),
              v1::VERDICT_NOT_SENT);
  }

  bool HasRetryInfo(const absl::Status& status) {
    google::rpc::RetryInfo info;
    return rest::GetDetail(status, info);
  }

  runtime::Instant Now() { return engine_.executor().clock().Now(); }
  size_t sent() const { return engine_.transport().requests().size(); }

  testing::EngineUnderTest engine_;
};

TEST_F(HeldBackTest, AChangeWithLessThanASecondLeftIsNotSent) {
  ExpectNotSent(*Capture("a", absl::Milliseconds(1000)),
                Code::kDeadlineExceeded, "DEADLINE");
  EXPECT_EQ(sent(), 0u);
  engine_.transport().Answer(Captured());
  EXPECT_TRUE(Capture("b", absl::Milliseconds(1001))->status().ok());
  EXPECT_EQ(sent(), 1u);
}

TEST_F(HeldBackTest, WhatWasNotSentMayBeSentAgain) {
  Capture("a", absl::Milliseconds(10));
  engine_.transport().Answer(Captured());
  auto again = Capture("a");
  EXPECT_TRUE(again->status().ok());
  EXPECT_EQ(sent(), 1u);
}

TEST_F(HeldBackTest, AnOpenBreakerSendsNothing) {
  OpenBreaker();
  const size_t before = sent();
  auto change = Capture("a");
  ExpectNotSent(*change, Code::kUnavailable, "BREAKER_OPEN");
  EXPECT_TRUE(HasRetryInfo(change->status()));
  const Streamed read = GetOrder();
  EXPECT_EQ(read.status->code(), Code::kUnavailable);
  EXPECT_EQ(Reason(*read.status), "BREAKER_OPEN");
  EXPECT_TRUE(HasRetryInfo(*read.status));
  EXPECT_EQ(sent(), before);
}

// As if there were no breaker.
TEST_F(HeldBackTest, AChangeThatProbesIsJudgedAsEver) {
  OpenBreaker();
  engine_.executor().Advance(absl::Seconds(1));
  engine_.transport().Answer(Whole(503));
  auto change = Capture("a");
  EXPECT_EQ(change->status().code(), Code::kAborted);
  EXPECT_EQ(Reason(change->status()), "OUTCOME_UNKNOWN");
  // And what is held back afterwards does not make it known.
  auto again = Capture("a");
  EXPECT_EQ(Reason(again->status()), "OUTCOME_UNKNOWN");
  EXPECT_EQ(DetailOf<v1::Outcome>(again->status()).verdict(),
            v1::VERDICT_UNKNOWN);
  // Until it is sent again.
  engine_.executor().Advance(absl::Seconds(1));
  engine_.transport().Answer(Captured());
  EXPECT_TRUE(Capture("a")->status().ok());
}

TEST_F(HeldBackTest, AChangeBeyondTheQuotaIsNotSent) {
  engine_.transport().Answer(Whole(429, "", {{"Retry-After", "30"}}));
  GetOrder();
  const size_t before = sent();
  auto change = Capture("a");
  ExpectNotSent(*change, Code::kResourceExhausted, "QUOTA_EXHAUSTED");
  EXPECT_EQ(DetailOf<google::rpc::RetryInfo>(change->status())
                .retry_delay()
                .seconds(),
            30);
  EXPECT_EQ(sent(), before);
}

// The stream can be gone on with from what it had.
TEST_F(HeldBackTest, AStreamThatIsHeldBackKeepsItsTokens) {
  engine_.account().endpoint.quota = {.calls_per_second = 1};
  engine_.account().timeouts.total = absl::Milliseconds(500);
  engine_.transport().Answer(
      Whole(200, R"({"payouts":[{"payment_reference":"P1"}],
                     "pagination":{"count":1,"offset":0,"total":2}})"));
  settlements::v1::SubscribeRequest request;
  request.mutable_list_payouts();
  const Streamed streamed =
      engine_.Subscribe(kSettlements, request.SerializeAsString());
  EXPECT_EQ(streamed.status->code(), Code::kResourceExhausted);
  EXPECT_EQ(Reason(*streamed.status), "QUOTA_EXHAUSTED");
  ASSERT_EQ(streamed.messages.size(), 1u);
  settlements::v1::SubscribeResponse first;
  ASSERT_TRUE(first.ParseFromString(streamed.messages[0]));
  EXPECT_FALSE(first.batch().resume_token().empty());
}

}  // namespace
}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
//
// When a change is sent again within one call, and when it must not be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "klarna/hosted_payment_page/v1/hosted_payment_page_service.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/payments/v1/payments_service.pb.h"
#include "service/gateway/change.h"
#include "service/rest/status_details.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::gateway {
namespace {

using http::TransferError;
using testing::Broken;
using testing::Captured;
using testing::ScriptedAnswer;
using ::testing::SizeIs;
using testing::Whole;

// Of the executor's first moment.
constexpr char kId[] = "018bcfe5-6800-7000-8000-000000000001";

struct Call {
  const char* service;
  std::string request;
};

// Of which no read tells; look_back_test.cc has the others.
Call Keyed() {
  order_management::v1::PublishRequest request;
  request.set_request_id(kId);
  request.mutable_acknowledge_order()->set_order_id("o1");
  return {"klarna.order_management.v1.OrderManagementService",
          request.SerializeAsString()};
}

Call Absolute() {
  payments::v1::PublishRequest request;
  request.set_request_id(kId);
  request.mutable_cancel_authorization()->set_authorization_token("t1");
  return {"klarna.payments.v1.PaymentsService", request.SerializeAsString()};
}

Call Never() {
  hosted_payment_page::v1::PublishRequest request;
  request.set_request_id(kId);
  request.mutable_distribute_session()->set_session_id("s1");
  request.mutable_distribute_session()->mutable_distribution()->set_method(
      "sms");
  return {"klarna.hosted_payment_page.v1.HostedPaymentPageService",
          request.SerializeAsString()};
}

class ChangeRetryTest : public ::testing::Test {
 protected:
  // The outcome of a call whose attempts are answered so, in order.
  v1::Outcome Publish(const Call& call,
                      const std::vector<ScriptedAnswer>& answers) {
    for (const ScriptedAnswer& answer : answers) {
      engine_.transport().Answer(answer);
    }
    caller_ = engine_.Publish(call.service, call.request);
    engine_.executor().RunUntilIdle();
    while (!caller_->finished() && engine_.executor().AdvanceToNextTimer()) {
    }
    return Outcome();
  }

  v1::Outcome Outcome() const {
    v1::Outcome outcome;
    order_management::v1::PublishResponse response;
    if (!caller_->finished()) {
      ADD_FAILURE() << "the call is still under way";
    } else if (caller_->status().ok()) {
      EXPECT_TRUE(response.ParseFromString(caller_->message()));
      outcome = response.outcome();
    } else {
      EXPECT_TRUE(rest::GetDetail(caller_->status(), outcome));
    }
    return outcome;
  }

  std::set<std::string> KeysSent() const {
    std::set<std::string> keys;
    for (const http::HttpRequest& request : engine_.transport().requests()) {
      keys.emplace(http::FindHeader(request.headers, "Klarna-Idempotency-Key"));
    }
    return keys;
  }

  testing::EngineUnderTest engine_{5000, {.attempts = 4}};
  std::shared_ptr<testing::PublishCaller> caller_;
};

struct RetryCase {
  const char* name;
  Call (*call)();
  std::vector<ScriptedAnswer> answers;
  v1::Verdict verdict;
  size_t attempts;
};

class RetryTableTest : public ChangeRetryTest,
                       public ::testing::WithParamInterface<RetryCase> {};

TEST_P(RetryTableTest, EndsAsItShould) {
  const RetryCase& c = GetParam();
  const v1::Outcome outcome = Publish(c.call(), c.answers);
  EXPECT_EQ(outcome.verdict(), c.verdict) << outcome.ShortDebugString();
  EXPECT_THAT(engine_.transport().requests(), SizeIs(c.attempts));
  EXPECT_EQ(static_cast<size_t>(outcome.attempts()), c.attempts);
  EXPECT_THAT(KeysSent(), SizeIs(1)) << "every attempt has the same key";
}

ScriptedAnswer Reset() { return Broken(TransferError::kReset, true); }
ScriptedAnswer Refused() { return Broken(TransferError::kConnect, false); }

INSTANTIATE_TEST_SUITE_P(
    Changes, RetryTableTest,
    ::testing::ValuesIn(std::vector<RetryCase>{
        {"AKeyedOneAfterAReset",
         Keyed,
         {Reset(), Captured()},
         v1::VERDICT_APPLIED,
         2},
        {"AKeyedOneAfterServerErrors",
         Keyed,
         {Whole(503), Whole(500), Captured()},
         v1::VERDICT_APPLIED,
         3},
        {"AKeyedOneWhileTheFirstIsUnderWay",
         Keyed,
         {Whole(409), Captured()},
         v1::VERDICT_APPLIED,
         2},
        {"AKeyedOneNotForEver",
         Keyed,
         {Reset(), Reset(), Reset(), Reset()},
         v1::VERDICT_UNKNOWN,
         4},
        {"ARefusalThatFollowsAMaybeProvesNothing",
         Keyed,
         {Reset(), Whole(403)},
         v1::VERDICT_UNKNOWN,
         2},
        {"AnUnsentOneOfEveryClass",
         Never,
         {Refused(), Refused(), Whole(200, "{}")},
         v1::VERDICT_APPLIED,
         3},
        {"AnUnsentOneNotForEver",
         Never,
         {Refused(), Refused(), Refused(), Refused()},
         v1::VERDICT_NOT_SENT,
         4},
        {"ARateLimitedOneOfEveryClass",
         Never,
         {Whole(429), Whole(200, "{}")},
         v1::VERDICT_APPLIED,
         2},
        {"ARateLimitedOneThatCannotBeSentAgainStaysRefused",
         Never,
         {Whole(429), Refused(), Refused(), Refused()},
         v1::VERDICT_REJECTED,
         4},
        {"ARateLimitedOneThatMayBeSentAgainIsOpen",
         Never,
         {Whole(429), Reset()},
         v1::VERDICT_UNKNOWN,
         2},
        {"AKeyedOneThatIsOpenStaysSo",
         Keyed,
         {Whole(429), Reset(), Refused(), Refused()},
         v1::VERDICT_UNKNOWN,
         4},
        {"AnAbsoluteOneThatTheFirstAttemptDid",
         Absolute,
         {Reset(), Whole(404, R"({"error_code":"NOT_FOUND"})")},
         v1::VERDICT_APPLIED,
         2},
        {"NotARefusal", Keyed, {Whole(404)}, v1::VERDICT_REJECTED, 1},
        {"NotOneThatMayHaveHappenedWithoutAKey",
         Never,
         {Reset()},
         v1::VERDICT_UNKNOWN,
         1},
        {"NotOneThatIsNotValidHttp",
         Keyed,
         {Broken(TransferError::kBadRequest, false)},
         v1::VERDICT_NOT_SENT,
         1},
    }),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(ChangeRetryTest, WaitsAsLongAsTheUpstreamSays) {
  for (const int status : {429, 503}) {
    testing::EngineUnderTest engine(5000, {.attempts = 4});
    engine.transport().Answer(Whole(status, "", {{"Retry-After", "7"}}));
    engine.transport().Answer(Captured());
    const Call call = Keyed();
    const auto caller = engine.Publish(call.service, call.request);
    engine.executor().RunUntilIdle();
    engine.executor().Advance(absl::Milliseconds(6999));
    EXPECT_THAT(engine.transport().requests(), SizeIs(1)) << status;
    engine.executor().Advance(absl::Seconds(1));
    EXPECT_THAT(engine.transport().requests(), SizeIs(2)) << status;
  }
}

// An attempt that would begin too late is none: the caller hears at once what
// is known, instead of nothing at its deadline.
TEST_F(ChangeRetryTest, DoesNotWaitForAnAttemptThatComesTooLate) {
  struct Case {
    int status;
    absl::StatusCode code;
    v1::Verdict verdict;
    int64_t seconds;
  };
  for (const Case& c :
       {Case{429, absl::StatusCode::kResourceExhausted, v1::VERDICT_REJECTED,
             30},
        Case{503, absl::StatusCode::kAborted, v1::VERDICT_UNKNOWN, 10}}) {
    testing::EngineUnderTest engine(5000, {.attempts = 4});
    engine.transport().Answer(Whole(c.status, "", {{"Retry-After", "30"}}));
    const Call call = Keyed();
    const auto caller = engine.Publish(
        call.service, call.request,
        {.deadline = engine.executor().clock().Now() + absl::Seconds(5)});
    engine.executor().RunUntilIdle();
    ASSERT_TRUE(caller->finished()) << c.status;
    EXPECT_EQ(caller->status().code(), c.code);
    v1::Outcome outcome;
    ASSERT_TRUE(rest::GetDetail(caller->status(), outcome));
    EXPECT_EQ(outcome.verdict(), c.verdict);
    google::rpc::RetryInfo info;
    ASSERT_TRUE(rest::GetDetail(caller->status(), info));
    EXPECT_EQ(info.retry_delay().seconds(), c.seconds);
  }
}

TEST_F(ChangeRetryTest, NotForACallerThatHasLeft) {
  const Call call = Keyed();
  caller_ = engine_.Publish(call.service, call.request);
  engine_.executor().RunUntilIdle();
  caller_->Leave();
  engine_.transport().Answer(Reset());
  engine_.executor().RunUntilIdle();
  EXPECT_EQ(Outcome().verdict(), v1::VERDICT_UNKNOWN);
  EXPECT_THAT(engine_.transport().requests(), SizeIs(1));
}

TEST_F(ChangeRetryTest, NoNewAttemptBeginsAfterTheAccountsTimeout) {
  const Call call = Keyed();
  caller_ = engine_.Publish(call.service, call.request);
  engine_.executor().RunUntilIdle();
  engine_.executor().Advance(absl::Seconds(65));
  engine_.transport().Answer(Reset());
  engine_.executor().RunUntilIdle();
  EXPECT_TRUE(caller_->finished());
  EXPECT_THAT(engine_.transport().requests(), SizeIs(1));
}

TEST_F(ChangeRetryTest, AnUpstreamInTroubleGetsAtMostOneRetryInTenCalls) {
  constexpr size_t kCalls = 2000;
  for (size_t i = 0; i < kCalls; ++i) {
    // So rarely that no breaker opens.
    engine_.executor().Advance(absl::Seconds(3));
    order_management::v1::PublishRequest request;
    ASSERT_TRUE(request.ParseFromString(Keyed().request));
    request.mutable_create_capture()->set_order_id(std::to_string(i));
    for (int j = 0; j < 4; ++j) engine_.transport().Answer(Whole(503));
    caller_ = engine_.Publish(Keyed().service, request.SerializeAsString());
    engine_.executor().RunUntilIdle();
    while (!caller_->finished() && engine_.executor().AdvanceToNextTimer()) {
    }
  }
  const size_t retries = engine_.transport().requests().size() - kCalls;
  EXPECT_LE(retries, kCalls / 10);
  EXPECT_GE(retries, kCalls / 20);
}

}  // namespace
}  // namespace klarna::gateway

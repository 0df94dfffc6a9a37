// SPDX-License-Identifier: Apache-2.0
//
// Changes whose callers leave: what was never sent is given up where it stands,
// what may be on the wire is followed to its end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "klarna/disputes/v4/disputes_service.pb.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "service/gateway/intent.h"
#include "service/rest/status_details.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::gateway {
namespace {

namespace om = ::klarna::order_management::v1;
using testing::Broken;
using testing::Captured;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::PublishCaller;
using testing::ScriptedAnswer;
using testing::Whole;

constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
constexpr char kDisputes[] = "klarna.disputes.v4.DisputesService";

// Of the executor's first moment, 2023-11-14T22:13:20Z.
constexpr char kId[] = "018bcfe5-6800-7000-8000-000000000001";

ScriptedAnswer Open() { return Whole(200, R"({"state":"INITIATED"})"); }
ScriptedAnswer Lost() {
  return Whole(200, R"({"state":"CLOSED","state_context":{"dispute_outcome":)"
                    R"("LOST","closed_at":"2023-11-14T22:13:21Z"}})");
}

class LeftCallerTest : public ::testing::Test {
 protected:
  using Caller = std::shared_ptr<PublishCaller>;

  Caller Begin(const std::string& service,
               const google::protobuf::Message& request) {
    Caller caller = engine_.Publish(service, request.SerializeAsString());
    engine_.executor().RunUntilIdle();
    return caller;
  }
  Caller Capture(const std::string& order) {
    om::PublishRequest request;
    request.set_request_id(kId);
    request.mutable_create_capture()->set_order_id(order);
    request.mutable_create_capture()->mutable_capture()->set_captured_amount(1);
    return Begin(kOrderManagement, request);
  }
  // Has no key: it is read before it is sent again.
  Caller AcceptLoss() {
    disputes::v4::PublishRequest request;
    request.set_request_id(kId);
    request.mutable_accept_loss()->set_payment_dispute_id("d1");
    return Begin(kDisputes, request);
  }

  void Answer(const std::vector<ScriptedAnswer>& answers) {
    for (const ScriptedAnswer& answer : answers) {
      engine_.transport().Answer(answer);
    }
  }
  void RunToTheEnd() {
    engine_.executor().RunUntilIdle();
    while (engine_.executor().AdvanceToNextTimer()) {
    }
    EXPECT_EQ(engine_.transport().unused_answers(), 0u);
  }

  // The methods of the requests.
  std::vector<std::string> Sent() const {
    std::vector<std::string> sent;
    for (const auto& request : engine_.transport().requests()) {
      sent.push_back(request.method);
    }
    return sent;
  }

  static v1::Outcome OutcomeOf(const Caller& caller) {
    return testing::OutcomeOf(*caller).value();
  }

  // That an earlier call sent and got no answer to.
  void LoseTheAnswer() {
    Answer({Broken(http::TransferError::kReset, true), Open(), Open()});
    const Caller first = AcceptLoss();
    RunToTheEnd();
    EXPECT_EQ(OutcomeOf(first).verdict(), v1::VERDICT_UNKNOWN);
    engine_.executor().Advance(kSlowestChange);
  }

  testing::EngineUnderTest engine_{1000, {.attempts = 4}};
};

// Two a second: the second one waits half a second, and the third a whole one.
TEST_F(LeftCallerTest, WhoWaitsForTheQuotaLeavesItsTurnToOthers) {
  engine_.account().endpoint.quota = {.calls_per_second = 2};
  Answer({Captured(), Captured()});
  const Caller first = Capture("o1");
  const Caller left = Capture("o2");
  const Caller third = Capture("o3");
  EXPECT_TRUE(first->finished());
  left->Leave();
  engine_.executor().Advance(absl::Milliseconds(600));
  EXPECT_TRUE(third->finished());
  EXPECT_EQ(OutcomeOf(left).verdict(), v1::VERDICT_NOT_SENT);
  RunToTheEnd();
  EXPECT_THAT(Sent(), ElementsAre("POST", "POST"));
  // Its id is as good as new.
  Answer({Captured()});
  const Caller again = Capture("o2");
  RunToTheEnd();
  EXPECT_TRUE(again->status().ok());
}

TEST_F(LeftCallerTest, AnotherAttemptIsNotWaitedFor) {
  Answer({Whole(429, "", {{"Retry-After", "30"}})});
  const Caller left = Capture("o1");
  left->Leave();
  engine_.executor().Advance(absl::Seconds(2));
  EXPECT_EQ(OutcomeOf(left).verdict(), v1::VERDICT_REJECTED);
  RunToTheEnd();
  EXPECT_THAT(Sent(), ElementsAre("POST"));
}

TEST_F(LeftCallerTest, WhoWaitedGoesOnWithTheChange) {
  engine_.account().endpoint.quota = {.calls_per_second = 2};
  Answer({Captured(), Captured()});
  Capture("o1");
  const Caller left = Capture("o2");
  const Caller waiting = Capture("o2");
  left->Leave();
  RunToTheEnd();
  EXPECT_EQ(OutcomeOf(left).verdict(), v1::VERDICT_NOT_SENT);
  EXPECT_TRUE(waiting->status().ok()) << waiting->status();
  EXPECT_THAT(Sent(), ElementsAre("POST", "POST"));
}

// An id that may have been used elsewhere: there it is followed to its end.
TEST_F(LeftCallerTest, WhatWasNeverSentFromHereIsNotLookedFor) {
  engine_.executor().Advance(kSlowestChange);
  const Caller left = AcceptLoss();
  left->Leave();
  RunToTheEnd();
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_EQ(OutcomeOf(left).verdict(), v1::VERDICT_UNKNOWN);
  // And it may still be sent, in its turn.
  engine_.executor().Advance(absl::Seconds(40));
  Answer({Open(), Open(), Whole(202, R"({"state":"CLOSED"})")});
  const Caller again = AcceptLoss();
  RunToTheEnd();
  EXPECT_TRUE(again->status().ok()) << again->status();
  EXPECT_THAT(Sent(), ElementsAre("GET", "GET", "POST"));
}

TEST_F(LeftCallerTest, ALookEndsWhenTheCallerLeaves) {
  engine_.executor().Advance(kSlowestChange);
  Answer({Open()});
  const Caller left = AcceptLoss();
  engine_.executor().AdvanceToNextTimer();
  left->Leave();
  RunToTheEnd();
  EXPECT_THAT(Sent(), ElementsAre("GET"));
  EXPECT_EQ(OutcomeOf(left).verdict(), v1::VERDICT_UNKNOWN);
}

TEST_F(LeftCallerTest, WhatIsTooOldToBeSentIsNotLookedFor) {
  engine_.executor().Advance(absl::Hours(24));
  const Caller left = Capture("o1");
  left->Leave();
  RunToTheEnd();
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_EQ(left->status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(LeftCallerTest, WhatMayBeDoneIsLookedForToTheEnd) {
  LoseTheAnswer();
  Answer({Open(), Lost()});
  const Caller left = AcceptLoss();
  left->Leave();
  RunToTheEnd();
  EXPECT_THAT(Sent(), ElementsAre("POST", "GET", "GET", "GET", "GET"));
  const Caller again = AcceptLoss();
  EXPECT_EQ(OutcomeOf(again).verdict(), v1::VERDICT_APPLIED);
  EXPECT_EQ(OutcomeOf(again).evidence(), v1::EVIDENCE_REPLAY);
}

TEST_F(LeftCallerTest, WhatLeftNoTraceIsNotSentAgain) {
  LoseTheAnswer();
  Answer({Open(), Open()});
  const Caller left = AcceptLoss();
  left->Leave();
  RunToTheEnd();
  EXPECT_THAT(Sent(), ElementsAre("POST", "GET", "GET", "GET", "GET"));
  EXPECT_EQ(OutcomeOf(left).verdict(), v1::VERDICT_UNKNOWN);
  EXPECT_EQ(OutcomeOf(left).attempts(), 1);
}

// What this very call has sent.
TEST_F(LeftCallerTest, ALostAnswerIsLookedForThoughItsCallerHasLeft) {
  const Caller left = AcceptLoss();
  left->Leave();
  Answer({Broken(http::TransferError::kReset, true), Lost()});
  RunToTheEnd();
  EXPECT_THAT(Sent(), ElementsAre("POST", "GET"));
  EXPECT_EQ(OutcomeOf(AcceptLoss()).verdict(), v1::VERDICT_APPLIED);
}

}  // namespace
}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
//
// What is read back of changes whose answer left something open, and of those
// that another replica, or this one before a restart, may have sent.
#include "service/gateway/look_back.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "klarna/disputes/v4/disputes_service.pb.h"
#include "klarna/hosted_payment_page/v1/hosted_payment_page_service.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/payments/v1/payments_service.pb.h"
#include "service/gateway/intent.h"
#include "service/rest/status_details.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::gateway {
namespace {

namespace om = order_management::v1;
using testing::Broken;
using ::testing::HasSubstr;
using testing::PublishCaller;
using testing::ScriptedAnswer;
using testing::Whole;

constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
constexpr char kDisputes[] = "klarna.disputes.v4.DisputesService";
constexpr char kPayments[] = "klarna.payments.v1.PaymentsService";
constexpr char kHostedPaymentPage[] =
    "klarna.hosted_payment_page.v1.HostedPaymentPageService";

// Of the executor's first moment, 2023-11-14T22:13:20Z.
constexpr char kId[] = "018bcfe5-6800-7000-8000-000000000001";

struct Told {
  absl::Status status;
  v1::Outcome outcome;
};

class LookBackTest : public ::testing::Test {
 protected:
  static om::PublishRequest Capture(const std::string& reference = "") {
    om::PublishRequest request;
    request.set_request_id(kId);
    auto& capture = *request.mutable_create_capture();
    capture.set_order_id("o1");
    capture.mutable_capture()->set_captured_amount(100);
    if (!reference.empty()) capture.mutable_capture()->set_reference(reference);
    return request;
  }

  static om::PublishRequest Refund() {
    om::PublishRequest request;
    request.set_request_id(kId);
    request.mutable_create_refund()->set_order_id("o1");
    request.mutable_create_refund()->mutable_refund()->set_refunded_amount(100);
    return request;
  }

  static disputes::v4::PublishRequest AcceptLoss() {
    disputes::v4::PublishRequest request;
    request.set_request_id(kId);
    request.mutable_accept_loss()->set_payment_dispute_id("d1");
    return request;
  }

  static hosted_payment_page::v1::PublishRequest Distribution() {
    hosted_payment_page::v1::PublishRequest request;
    request.set_request_id(kId);
    request.mutable_distribute_session()->set_session_id("s1");
    return request;
  }

  // A captures list with these items.
  static std::string Captures(const std::vector<std::string>& items) {
    std::string json = "[";
    for (const std::string& item : items) {
      absl::StrAppend(&json, json.size() > 1 ? "," : "", item);
    }
    return json + "]";
  }
  static std::string Item(const std::string& id, int amount,
                          const std::string& reference,
                          const std::string& at = "2023-11-14T22:13:21Z") {
    return absl::StrCat(R"({"capture_id":")", id, R"(","captured_amount":)",
                        amount, R"(,"reference":")", reference,
                        R"(","captured_at":")", at, R"("})");
  }

  Told Call(const std::string& service,
            const google::protobuf::Message& request,
            const std::vector<ScriptedAnswer>& answers) {
    for (const ScriptedAnswer& answer : answers) {
      engine_.transport().Answer(answer);
    }
    const std::shared_ptr<PublishCaller> caller =
        engine_.Publish(service, request.SerializeAsString());
    engine_.Continue(*caller);
    if (!caller->finished()) {
      ADD_FAILURE() << "the call waits for an answer";
      return {};
    }
    EXPECT_EQ(engine_.transport().unused_answers(), 0u);
    return {caller->status(), testing::OutcomeOf(*caller).value()};
  }

  // Of one whose id has that age, by an engine of its own.
  static v1::Verdict VerdictOfCapture(
      absl::Duration age, const ScriptedAnswer& answer,
      const std::vector<ScriptedAnswer>& reads) {
    testing::EngineUnderTest engine;
    engine.executor().Advance(age);
    engine.transport().Answer(answer);
    for (const ScriptedAnswer& read : reads) engine.transport().Answer(read);
    const auto caller =
        engine.Publish(kOrderManagement, Capture().SerializeAsString());
    engine.Continue(*caller);
    return testing::OutcomeOf(*caller).value().verdict();
  }

  // Time goes by until the id may have been tried elsewhere.
  void GrowOld() {
    engine_.executor().Advance(kFirstTry + absl::Milliseconds(1));
  }

  std::vector<std::string> MethodsSent() const {
    std::vector<std::string> methods;
    for (const auto& request : engine_.transport().requests()) {
      methods.push_back(request.method);
    }
    return methods;
  }

  static absl::Duration RetryDelay(const absl::Status& status) {
    google::rpc::RetryInfo retry;
    EXPECT_TRUE(rest::GetDetail(status, retry)) << status;
    return absl::Seconds(retry.retry_delay().seconds()) +
           absl::Nanoseconds(retry.retry_delay().nanos());
  }

  static std::string Reason(const absl::Status& status) {
    google::rpc::ErrorInfo info;
    rest::GetDetail(status, info);
    return info.reason();
  }

  testing::EngineUnderTest engine_;
};

// A refusal that follows a lost answer may be the echo of a success.

struct Echo {
  const char* name;
  std::string reference;           // Of the capture that is sent.
  std::vector<std::string> found;  // Items of the list.
  v1::Verdict verdict;
  std::string created_id = {};
};

class EchoTest : public LookBackTest,
                 public ::testing::WithParamInterface<Echo> {
 public:
  static std::vector<Echo> All() {
    const std::string own = Item("c1", 100, "r1");
    return {
        {"ItsOwn", "r1", {own}, v1::VERDICT_APPLIED, "c1"},
        {"ItsOwnAmongOthers",
         "r1",
         {Item("c0", 100, "r0"), own, Item("c2", 7, "r1")},
         v1::VERDICT_APPLIED,
         "c1"},
        {"NoneAtAll", "r1", {}, v1::VERDICT_UNKNOWN},
        {"AnotherAmount", "r1", {Item("c1", 99, "r1")}, v1::VERDICT_UNKNOWN},
        {"AnotherReference",
         "r1",
         {Item("c1", 100, "r2")},
         v1::VERDICT_UNKNOWN},
        {"AnEqualOneWithoutReference", "", {own}, v1::VERDICT_UNKNOWN},
        {"TwoEqualOnes",
         "r1",
         {own, Item("c2", 100, "r1")},
         v1::VERDICT_UNKNOWN},
        {"OneFromBeforeTheIntent",
         "r1",
         {Item("c1", 100, "r1", "2023-11-14T22:13:18Z")},
         v1::VERDICT_UNKNOWN},
        {"OneWhoseTimeCannotBeRead",
         "r1",
         {Item("c1", 100, "r1", "2023-11-T22:13:21Z")},
         v1::VERDICT_UNKNOWN},
        {"OneWhoseSecondIsCutOff",
         "r1",
         {Item("c1", 100, "r1", "2023-11-14T22:13:20Z")},
         v1::VERDICT_APPLIED,
         "c1"},
    };
  }
};

TEST_P(EchoTest, OfALostSuccessIsToldByWhatIsFound) {
  const Echo& echo = GetParam();
  Call(kOrderManagement, Capture(echo.reference), {Whole(500)});
  const ScriptedAnswer list = Whole(200, Captures(echo.found));
  std::vector<ScriptedAnswer> answers = {Whole(403), list};
  // What is not there may only not be there yet.
  if (echo.verdict != v1::VERDICT_APPLIED) answers.push_back(list);
  const Told told = Call(kOrderManagement, Capture(echo.reference), answers);
  EXPECT_EQ(told.outcome.verdict(), echo.verdict) << told.status;
  EXPECT_EQ(told.outcome.created_id(), echo.created_id);
  EXPECT_EQ(told.outcome.evidence(), echo.verdict == v1::VERDICT_APPLIED
                                         ? v1::EVIDENCE_READ_BACK
                                         : v1::EVIDENCE_ANSWER);
}

INSTANTIATE_TEST_SUITE_P(Lists, EchoTest, ::testing::ValuesIn(EchoTest::All()),
                         [](const auto& tested) {
                           return std::string(tested.param.name);
                         });

TEST_F(LookBackTest, AListThatCannotBeReadLeavesItOpen) {
  Call(kOrderManagement, Capture("r1"), {Whole(500)});
  for (const ScriptedAnswer& list :
       {Whole(500), Whole(200, "<html>"), Whole(403)}) {
    const Told told =
        Call(kOrderManagement, Capture("r1"), {Whole(403), list, list});
    EXPECT_EQ(told.outcome.verdict(), v1::VERDICT_UNKNOWN);
  }
}

// An id that is older than its call may have been used at another replica.

TEST_F(LookBackTest, ARefusalOfAnOldIdIsBelievedWhenNothingIsFound) {
  GrowOld();
  const ScriptedAnswer list = Whole(200, Captures({Item("c1", 7, "")}));
  const Told told =
      Call(kOrderManagement, Capture(),
           {Whole(403, R"({"error_code":"CAPTURE_NOT_ALLOWED"})"), list, list});
  EXPECT_EQ(told.status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(told.outcome.verdict(), v1::VERDICT_REJECTED);
  EXPECT_EQ(told.outcome.evidence(), v1::EVIDENCE_READ_BACK);
}

TEST_F(LookBackTest, ARefusalOfAnOldIdIsNotBelievedWhenOneLikeItIsFound) {
  GrowOld();
  const ScriptedAnswer list = Whole(200, Captures({Item("c1", 100, "")}));
  const Told told = Call(kOrderManagement, Capture(), {Whole(403), list, list});
  EXPECT_EQ(told.outcome.verdict(), v1::VERDICT_UNKNOWN);
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(rest::GetDetail(told.status, retry));
  EXPECT_EQ(absl::Seconds(retry.retry_delay().seconds()), 2 * kFirstTry);
}

TEST_F(LookBackTest, ARefusalOfAFreshIdIsBelieved) {
  const Told told = Call(kOrderManagement, Capture(), {Whole(403)});
  EXPECT_EQ(told.outcome.verdict(), v1::VERDICT_REJECTED);
  EXPECT_EQ(told.outcome.evidence(), v1::EVIDENCE_ANSWER);
}

// Klarna's success names what it created. Where nothing can be read, it may not
// have been Klarna's.
TEST_F(LookBackTest, ASuccessWithoutAnIdAndAnyTraceIsUnknown) {
  const std::vector<std::vector<ScriptedAnswer>> reads = {
      {Whole(500), Whole(500)},
      {Whole(200, "<html>"), Whole(200, "<html>")},
      {Whole(503), Whole(200, "[]")}};
  for (const std::vector<ScriptedAnswer>& each : reads) {
    EXPECT_EQ(VerdictOfCapture(absl::ZeroDuration(), Whole(201), each),
              v1::VERDICT_UNKNOWN);
  }
}

TEST_F(LookBackTest, AContentThatKlarnaRefusesAsSuchWasNeverTaken) {
  const std::string why =
      R"({"error_code":"BAD_VALUE","error_messages":["m"]})";
  for (const int status : {400, 404, 413, 422}) {
    EXPECT_EQ(VerdictOfCapture(absl::Hours(1), Whole(status, why), {}),
              v1::VERDICT_REJECTED)
        << status;
  }
}

// A proxy that refuses it knows nothing of what Klarna did before.
TEST_F(LookBackTest, WhatStandsBeforeKlarnaDoesNotSettleAnOldId) {
  const ScriptedAnswer none = Whole(200, "[]");
  for (const int status : {400, 404, 405, 413, 422}) {
    EXPECT_EQ(
        VerdictOfCapture(absl::Hours(1), Whole(status, "<html>"), {none, none}),
        v1::VERDICT_UNKNOWN)
        << status;
  }
}

TEST_F(LookBackTest, WithoutAReadOnlyKlarnasOwnRefusalOfAnOldIdIsBelieved) {
  GrowOld();
  om::PublishRequest request;
  request.set_request_id(kId);
  request.mutable_acknowledge_order()->set_order_id("o1");
  EXPECT_EQ(
      Call(kOrderManagement, request, {Whole(403, "<html>")}).outcome.verdict(),
      v1::VERDICT_UNKNOWN);
  request.mutable_acknowledge_order()->set_order_id("o2");
  EXPECT_EQ(Call(kOrderManagement, request,
                 {Whole(403, R"({"error_code":"NOT_ALLOWED"})")})
                .outcome.verdict(),
            v1::VERDICT_REJECTED);
}

// Klarna looks at the key alone.

TEST_F(LookBackTest, WhatAnOldIdCreatedIsVerified) {
  GrowOld();
  const Told told =
      Call(kOrderManagement, Capture("r1"),
           {Whole(201, "", {{"Capture-Id", "c1"}}),
            Whole(200, Captures({Item("c0", 7, ""), Item("c1", 100, "r1")}))});
  EXPECT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.outcome.evidence(), v1::EVIDENCE_READ_BACK);
  EXPECT_EQ(told.outcome.created_id(), "c1");
}

TEST_F(LookBackTest, WhatAnotherContentCreatedUnderTheIdIsSaid) {
  GrowOld();
  const Told told = Call(kOrderManagement, Capture(),
                         {Whole(201, "", {{"Capture-Id", "c1"}}),
                          Whole(200, Captures({Item("c1", 99, "")}))});
  EXPECT_EQ(told.status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Reason(told.status), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(told.outcome.verdict(), v1::VERDICT_REJECTED);
  EXPECT_EQ(told.outcome.created_id(), "c1");
  // Kept, so not sent once more.
  const Told again = Call(kOrderManagement, Capture(), {});
  EXPECT_EQ(Reason(again.status), "IDEMPOTENCY_KEY_REUSED");
}

TEST_F(LookBackTest, ARefundIsVerifiedInItsOrder) {
  GrowOld();
  const Told other = Call(
      kOrderManagement, Refund(),
      {Whole(201, "", {{"Refund-Id", "r1"}}),
       Whole(200, R"({"refunds":[{"refund_id":"r1","refunded_amount":1}]})")});
  EXPECT_EQ(Reason(other.status), "IDEMPOTENCY_KEY_REUSED");
}

TEST_F(LookBackTest, WhatCannotBeFoundYetIsUnknownAndVerifiedLater) {
  GrowOld();
  const ScriptedAnswer created = Whole(201, "", {{"Capture-Id", "c1"}});
  const Told told = Call(kOrderManagement, Capture(),
                         {created, Whole(200, "[]"), Whole(503)});
  EXPECT_EQ(told.outcome.verdict(), v1::VERDICT_UNKNOWN);
  EXPECT_THAT(told.status.message(), HasSubstr("c1, which cannot be read yet"));
  const Told later =
      Call(kOrderManagement, Capture(),
           {created, Whole(200, Captures({Item("c1", 100, "")}))});
  EXPECT_TRUE(later.status.ok()) << later.status;
}

TEST_F(LookBackTest, WhatAFreshIdCreatedIsNotRead) {
  const Told told = Call(kOrderManagement, Capture(),
                         {Whole(201, "", {{"Capture-Id", "c1"}})});
  EXPECT_EQ(told.outcome.evidence(), v1::EVIDENCE_ANSWER);
}

TEST_F(LookBackTest, WhatATransformerMadeIsVerifiedAsItMadeIt) {
  engine_.UseTransformers(
      {{.name = "double", .program = ".payload.captured_amount *= 2"}});
  GrowOld();
  om::PublishRequest request = Capture();
  request.mutable_options()->set_transformer("double");
  const Told told = Call(kOrderManagement, request,
                         {Whole(201, "", {{"Capture-Id", "c1"}}),
                          Whole(200, Captures({Item("c1", 100, "")}))});
  EXPECT_EQ(Reason(told.status), "IDEMPOTENCY_KEY_REUSED");
}

// The clock of a caller that is ahead hides the age of its ids.
TEST_F(LookBackTest, AnIdFromTheFutureIsAsGoodAsAnOldOne) {
  engine_.executor().clock().SetWall(engine_.WallNow() - absl::Seconds(60));
  const Told told = Call(kOrderManagement, Capture(),
                         {Whole(201, "", {{"Capture-Id", "c1"}}),
                          Whole(200, Captures({Item("c1", 99, "")}))});
  EXPECT_EQ(Reason(told.status), "IDEMPOTENCY_KEY_REUSED");
}

TEST_F(LookBackTest, WhatNoReadTellsOfAnOldIdIsUnverified) {
  om::PublishRequest request;
  request.set_request_id(kId);
  auto& update = *request.mutable_update_merchant_references();
  update.set_order_id("o1");
  update.mutable_merchant_references()->set_merchant_reference1("a");
  Told told = Call(kOrderManagement, request, {Whole(204)});
  EXPECT_FALSE(told.outcome.unverified());
  GrowOld();
  update.set_order_id("o2");
  told = Call(kOrderManagement, request, {Whole(204)});
  EXPECT_TRUE(told.status.ok()) << told.status;
  EXPECT_TRUE(told.outcome.unverified());
}

TEST_F(LookBackTest, AnOldIdThatIsNotSentMayHaveBeenSentBefore) {
  const auto broken = Broken(http::TransferError::kConnect, false);
  Told told = Call(kOrderManagement, Capture(), {broken});
  EXPECT_EQ(told.outcome.verdict(), v1::VERDICT_NOT_SENT);
  GrowOld();
  told = Call(kOrderManagement, Capture(), {broken});
  EXPECT_EQ(told.outcome.verdict(), v1::VERDICT_UNKNOWN);
  EXPECT_EQ(Reason(told.status), "OUTCOME_UNKNOWN");
}

TEST_F(LookBackTest, ARefusalOfAnOldIdByWhatStandsBeforeKlarnaIsNotBelieved) {
  GrowOld();
  const ScriptedAnswer none = Whole(200, "[]");
  for (const int status : {401, 403, 429}) {
    const Told told =
        Call(kOrderManagement, Capture(), {Whole(status), none, none});
    EXPECT_EQ(told.outcome.verdict(), v1::VERDICT_UNKNOWN) << status;
  }
  // They say nothing of the change, so that Klarna's own word still counts.
  const Told told =
      Call(kOrderManagement, Capture(),
           {Whole(403, R"({"error_code":"CAPTURE_NOT_ALLOWED"})"), none, none});
  EXPECT_EQ(told.outcome.verdict(), v1::VERDICT_REJECTED);
}

// A token is used up by what it was used for.
TEST_F(LookBackTest, WhatAnOldIdDoesNotFindMayBeGoneByItsOwnDoing) {
  payments::v1::PublishRequest request;
  request.set_request_id(kId);
  request.mutable_create_order()->set_authorization_token("t1");
  EXPECT_EQ(Call(kPayments, request, {Whole(404)}).outcome.verdict(),
            v1::VERDICT_REJECTED);
  GrowOld();
  request.mutable_create_order()->set_authorization_token("t2");
  EXPECT_EQ(Call(kPayments, request, {Whole(404)}).outcome.verdict(),
            v1::VERDICT_UNKNOWN);
}

// A success that does not name what it made may be no success of Klarna's.

TEST_F(LookBackTest, ASuccessWithoutAnIdIsLookedFor) {
  const Told told =
      Call(kOrderManagement, Capture("r1"),
           {Whole(200), Whole(200, Captures({Item("c1", 100, "r1")}))});
  EXPECT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.outcome.created_id(), "c1");
}

TEST_F(LookBackTest, ASuccessWithoutAnIdOrATraceIsUnknown) {
  const ScriptedAnswer none = Whole(200, "[]");
  const Told told =
      Call(kOrderManagement, Capture("r1"), {Whole(200), none, none});
  EXPECT_EQ(told.outcome.verdict(), v1::VERDICT_UNKNOWN);
}

TEST_F(LookBackTest, ASuccessWithoutAnIdIsBelievedWhereOneLikeItIs) {
  const ScriptedAnswer list = Whole(200, Captures({Item("c1", 100, "")}));
  EXPECT_TRUE(
      Call(kOrderManagement, Capture(), {Whole(200), list, list}).status.ok());
}

// Changes without a key of which a read tells.

TEST_F(LookBackTest, AStateThatWasReachedIsApplied) {
  const Told told = Call(
      kDisputes, AcceptLoss(),
      {Broken(http::TransferError::kReset, true),
       Whole(200, R"({"state":"INITIATED"})"),
       Whole(200, R"({"state":"CLOSED","state_context":{"dispute_outcome":)"
                  R"("LOST","closed_at":"2023-11-14T22:13:20.5Z"}})")});
  EXPECT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.outcome.evidence(), v1::EVIDENCE_READ_BACK);
  EXPECT_THAT(MethodsSent(), ::testing::ElementsAre("POST", "GET", "GET"));
}

TEST_F(LookBackTest, AStateOfLongAgoIsNotThisChange) {
  const ScriptedAnswer lost =
      Whole(200, R"({"state":"CLOSED","state_context":{"dispute_outcome":)"
                 R"("LOST","closed_at":"2023-11-13T00:00:00Z"}})");
  const Told told =
      Call(kDisputes, AcceptLoss(),
           {Broken(http::TransferError::kReset, true), lost, lost});
  EXPECT_EQ(told.outcome.verdict(), v1::VERDICT_UNKNOWN);
}

// Klarna may be at work on it for a minute, though nothing is to be seen.
TEST_F(LookBackTest, WhatLeftNoTraceIsSentAgainAfterAMinuteOnly) {
  const ScriptedAnswer open = Whole(200, R"({"state":"INITIATED"})");
  const ScriptedAnswer lost = Broken(http::TransferError::kReset, true);
  Told told = Call(kDisputes, AcceptLoss(), {lost, open, open});
  EXPECT_EQ(told.outcome.verdict(), v1::VERDICT_UNKNOWN);
  engine_.executor().Advance(absl::Seconds(50));
  told = Call(kDisputes, AcceptLoss(), {open, open});
  EXPECT_EQ(told.outcome.attempts(), 1);
  EXPECT_THAT(told.status.message(), HasSubstr("nothing was sent now"));
  engine_.executor().Advance(RetryDelay(told.status));
  told = Call(kDisputes, AcceptLoss(),
              {open, open, Whole(202, R"({"state":"CLOSED"})")});
  EXPECT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.outcome.attempts(), 2);
}

TEST_F(LookBackTest, WhatCannotBeReadIsNotSentAgain) {
  const ScriptedAnswer lost = Broken(http::TransferError::kReset, true);
  Call(kDisputes, AcceptLoss(), {lost, Whole(503), Whole(503)});
  engine_.executor().Advance(absl::Minutes(2));
  const Told told = Call(kDisputes, AcceptLoss(),
                         {Whole(503), Whole(200, R"({"state":"INITIATED"})")});
  EXPECT_EQ(told.outcome.verdict(), v1::VERDICT_UNKNOWN);
  EXPECT_EQ(told.outcome.attempts(), 1);
}

// What is taken once only is refused when it was taken.
TEST_F(LookBackTest, ARefusalOfWhatHappensOnceIsReadBackThoughItIsFresh) {
  const Told told = Call(
      kDisputes, AcceptLoss(),
      {Whole(403, R"({"error_code":"NOT_ALLOWED"})"),
       Whole(200, R"({"state":"CLOSED","state_context":{"dispute_outcome":)"
                  R"("LOST","closed_at":"2023-11-14T22:13:20.5Z"}})")});
  EXPECT_TRUE(told.status.ok()) << told.status;
}

TEST_F(LookBackTest, AResendReadsBeforeItSends) {
  const ScriptedAnswer open = Whole(200, R"({"state":"INITIATED"})");
  Call(kDisputes, AcceptLoss(), {Whole(500), open, open});
  const Told told = Call(
      kDisputes, AcceptLoss(),
      {Whole(200, R"({"state":"CLOSED","state_context":{"dispute_outcome":)"
                  R"("LOST","closed_at":"2023-11-14T22:13:21Z"}})")});
  EXPECT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.outcome.attempts(), 1);
}

// However old it is: another replica may have sent it a moment ago.
TEST_F(LookBackTest, AnOldIdReadsBeforeItSendsInItsTurn) {
  engine_.executor().Advance(absl::Hours(1) + absl::Seconds(10));
  const ScriptedAnswer open = Whole(200, R"({"state":"INITIATED"})");
  const Told first = Call(kDisputes, AcceptLoss(), {open, open});
  EXPECT_EQ(first.outcome.verdict(), v1::VERDICT_UNKNOWN);
  engine_.executor().Advance(RetryDelay(first.status));
  const Told told = Call(kDisputes, AcceptLoss(),
                         {open, open, Whole(202, R"({"state":"CLOSED"})")});
  EXPECT_TRUE(told.status.ok()) << told.status;
  EXPECT_THAT(MethodsSent(),
              ::testing::ElementsAre("GET", "GET", "GET", "GET", "POST"));
}

// Changes without a key of which nothing tells.

TEST_F(LookBackTest, AnOldIdOfWhatMustNotBeRepeatedIsNotSent) {
  GrowOld();
  const Told told = Call(kHostedPaymentPage, Distribution(), {});
  EXPECT_EQ(told.status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(told.outcome.verdict(), v1::VERDICT_UNKNOWN);
  EXPECT_THAT(told.status.message(), HasSubstr("nothing was sent now"));
  EXPECT_TRUE(MethodsSent().empty());
}

// After 23 hours a key no longer helps.

TEST_F(LookBackTest, AnExpiredIntentIsToldByWhatIsFound) {
  engine_.executor().Advance(absl::Hours(24));
  const Told told = Call(kOrderManagement, Capture("r1"),
                         {Whole(200, Captures({Item("c1", 100, "r1")}))});
  EXPECT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.outcome.created_id(), "c1");
  EXPECT_THAT(MethodsSent(), ::testing::ElementsAre("GET"));
}

}  // namespace
}  // namespace klarna::gateway

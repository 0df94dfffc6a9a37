// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/publish.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "klarna/disputes/v4/disputes_service.pb.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "klarna/hosted_payment_page/v1/hosted_payment_page_service.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/payments/v1/payments_service.pb.h"
#include "service/rest/status_details.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::gateway {
namespace {

namespace om = ::klarna::order_management::v1;
using http::TransferError;
using testing::Broken;
using testing::Captured;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::PublishCaller;
using testing::Whole;

constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
constexpr char kPayments[] = "klarna.payments.v1.PaymentsService";
constexpr char kHostedPaymentPage[] =
    "klarna.hosted_payment_page.v1.HostedPaymentPageService";
constexpr char kDisputes[] = "klarna.disputes.v4.DisputesService";

// Of the executor's first moment.
constexpr char kId[] = "018bcfe5-6800-7000-8000-000000000001";

std::string Reason(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  return rest::GetDetail(status, info) ? info.reason() : "";
}

class PublishTest : public ::testing::Test {
 protected:
  using Caller = std::shared_ptr<PublishCaller>;

  static om::PublishRequest Capture(int64_t amount) {
    om::PublishRequest request;
    request.set_request_id(kId);
    request.mutable_create_capture()->set_order_id("o1");
    request.mutable_create_capture()->mutable_capture()->set_captured_amount(
        amount);
    return request;
  }

  static hosted_payment_page::v1::PublishRequest Distribution() {
    hosted_payment_page::v1::PublishRequest request;
    request.set_request_id(kId);
    request.mutable_distribute_session()->set_session_id("s1");
    request.mutable_distribute_session()->mutable_distribution()->set_method(
        "sms");
    return request;
  }

  static payments::v1::PublishRequest CancelAuthorization() {
    payments::v1::PublishRequest request;
    request.set_request_id(kId);
    request.mutable_cancel_authorization()->set_authorization_token("t1");
    return request;
  }

  Caller Begin(const std::string& service,
               const google::protobuf::Message& request) {
    Caller caller = engine_.Publish(service, request.SerializeAsString());
    engine_.Continue(*caller);
    return caller;
  }
  Caller Begin(const om::PublishRequest& request) {
    return Begin(kOrderManagement, request);
  }

  // Begins a call and lets it have this answer.
  template <typename Request>
  Caller Call(const std::string& service, const Request& request,
              testing::ScriptedAnswer answer) {
    engine_.transport().Answer(std::move(answer));
    return Begin(service, request);
  }
  Caller Call(const om::PublishRequest& request,
              testing::ScriptedAnswer answer) {
    return Call(kOrderManagement, request, std::move(answer));
  }

  // The outcome that a finished call reports, either way.
  static v1::Outcome OutcomeOf(const Caller& caller) {
    return testing::OutcomeOf(*caller).value();
  }

  // For the looks at what an answer left open.
  void AnswerReads(const testing::ScriptedAnswer& answer) {
    for (int i = 0; i < 2; ++i) engine_.transport().Answer(answer);
  }

  size_t Sent() const { return engine_.transport().requests().size(); }
  size_t ChangesSent() const {
    const auto& requests = engine_.transport().requests();
    return static_cast<size_t>(
        std::count_if(requests.begin(), requests.end(),
                      [](const auto& request) { return request.mutation; }));
  }
  std::string KeySent(size_t i) const {
    return std::string(http::FindHeader(
        engine_.transport().requests()[i].headers, "Klarna-Idempotency-Key"));
  }

  testing::EngineUnderTest engine_;
};

TEST_F(PublishTest, AnAnswerSettlesTheChange) {
  const Caller caller =
      Call(Capture(100), Whole(201, "",
                               {{"Capture-Id", "c1"},
                                {"Location", "/captures/c1"},
                                {"Klarna-Correlation-Id", "k1"}}));
  ASSERT_TRUE(caller->status().ok()) << caller->status();
  const v1::Outcome outcome = OutcomeOf(caller);
  EXPECT_EQ(outcome.verdict(), v1::VERDICT_APPLIED);
  EXPECT_EQ(outcome.evidence(), v1::EVIDENCE_ANSWER);
  EXPECT_EQ(outcome.created_id(), "c1");
  EXPECT_EQ(outcome.location(), "/captures/c1");
  EXPECT_EQ(outcome.correlation_id(), "k1");
  EXPECT_EQ(outcome.http_status(), 201);
  EXPECT_EQ(outcome.attempts(), 1);
  EXPECT_EQ(outcome.idempotency_key(), KeySent(0));
}

TEST_F(PublishTest, AResendIsAnsweredFromWhatIsKnown) {
  Call(Capture(100), Whole(201, "", {{"Capture-Id", "c1"}}));
  const Caller again = Begin(Capture(100));
  ASSERT_TRUE(again->finished());
  EXPECT_TRUE(again->status().ok()) << again->status();
  EXPECT_EQ(OutcomeOf(again).evidence(), v1::EVIDENCE_REPLAY);
  EXPECT_EQ(OutcomeOf(again).created_id(), "c1");
  EXPECT_EQ(OutcomeOf(again).attempts(), 1);
  EXPECT_EQ(Sent(), 1u);
}

TEST_F(PublishTest, ARefusalIsReplayedWithItsStatus) {
  const Caller first =
      Call(Capture(100), Whole(404, R"({"error_code":"NO_SUCH_ORDER"})"));
  const Caller again = Begin(Capture(100));
  ASSERT_TRUE(again->finished());
  EXPECT_EQ(again->status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(again->status().message(), first->status().message());
  EXPECT_EQ(OutcomeOf(again).verdict(), v1::VERDICT_REJECTED);
  EXPECT_EQ(OutcomeOf(again).evidence(), v1::EVIDENCE_REPLAY);
  EXPECT_EQ(Sent(), 1u);
}

// It may find its way to Klarna the next time.
TEST_F(PublishTest, ARefusalThatIsNotKlarnasIsNotReplayed) {
  EXPECT_EQ(OutcomeOf(Call(Capture(100), Whole(404, "<html>"))).verdict(),
            v1::VERDICT_REJECTED);
  EXPECT_TRUE(Call(Capture(100), Captured())->status().ok());
}

TEST_F(PublishTest, TheSameIdForAnotherContentIsRefusedUnsent) {
  Call(Capture(100), Whole(201, "", {{"Capture-Id", "c1"}}));
  const Caller other = Begin(Capture(200));
  ASSERT_TRUE(other->finished());
  EXPECT_EQ(other->status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Reason(other->status()), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(OutcomeOf(other).verdict(), v1::VERDICT_NOT_SENT);
  engine_.executor().Advance(2 * kFirstTry);
  EXPECT_EQ(OutcomeOf(Begin(Capture(200))).verdict(), v1::VERDICT_UNKNOWN)
      << "another replica may have taken this content for the first";
  EXPECT_EQ(Sent(), 1u);
}

TEST_F(PublishTest, AnotherTransformerIsAnotherContent) {
  engine_.UseTransformers(
      {{.name = "double", .program = "."}, {.name = "triple", .program = "."}});
  om::PublishRequest request = Capture(100);
  request.mutable_options()->set_transformer("double");
  ASSERT_TRUE(Call(request, Captured())->status().ok());
  request.mutable_options()->set_transformer("triple");
  EXPECT_EQ(Reason(Begin(request)->status()), "IDEMPOTENCY_KEY_REUSED");
}

TEST_F(PublishTest, AResendThatIsRefusedSaysNothingOfTheFirst) {
  ASSERT_TRUE(Call(Capture(100), Captured())->status().ok());
  om::PublishRequest request = Capture(100);
  request.mutable_options()->set_account("nobody");
  const Caller again = Begin(request);
  ASSERT_TRUE(again->finished());
  EXPECT_EQ(again->status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(OutcomeOf(again).verdict(), v1::VERDICT_UNKNOWN);
}

TEST_F(PublishTest, AResendMayBeTracedByAnotherId) {
  disputes::v4::PublishRequest request;
  request.set_request_id(kId);
  request.mutable_accept_loss()->set_payment_dispute_id("d1");
  request.mutable_accept_loss()->set_partner_correlation_id("trace-1");
  ASSERT_TRUE(Call(kDisputes, request, Whole(200, "{}"))->status().ok());
  request.mutable_accept_loss()->set_partner_correlation_id("trace-2");
  const Caller again = Begin(kDisputes, request);
  ASSERT_TRUE(again->finished());
  EXPECT_TRUE(again->status().ok()) << again->status();
  EXPECT_EQ(OutcomeOf(again).evidence(), v1::EVIDENCE_REPLAY);
  EXPECT_EQ(Sent(), 1u);
}

TEST_F(PublishTest, TheSameIdForAnotherOrderIsAnotherIntent) {
  Call(Capture(100), Captured());
  om::PublishRequest other = Capture(100);
  other.mutable_create_capture()->set_order_id("o2");
  EXPECT_TRUE(Call(other, Captured())->status().ok());
  ASSERT_EQ(Sent(), 2u);
  EXPECT_NE(KeySent(0), KeySent(1));
}

TEST_F(PublishTest, AResendInFlightWaitsForTheFirst) {
  const Caller first = Begin(Capture(100));
  const Caller second = Begin(Capture(100));
  EXPECT_FALSE(second->finished());
  engine_.transport().Answer(Whole(201, "", {{"Capture-Id", "c1"}}));
  engine_.executor().RunUntilIdle();
  EXPECT_EQ(OutcomeOf(first).evidence(), v1::EVIDENCE_ANSWER);
  EXPECT_EQ(OutcomeOf(second).evidence(), v1::EVIDENCE_REPLAY);
  EXPECT_EQ(OutcomeOf(second).created_id(), "c1");
  EXPECT_EQ(Sent(), 1u);
}

// By the time it comes, the change may have been made elsewhere.
TEST_F(PublishTest, AResendInFlightIsNotToldWhatOnlyTheFirstMayBe) {
  const Caller first = Begin(Capture(100));
  engine_.executor().Advance(2 * kFirstTry);
  const Caller second = Begin(Capture(100));
  for (int i = 0; i < 2; ++i) {
    engine_.transport().Answer(
        testing::Broken(http::TransferError::kConnect, false));
  }
  engine_.executor().RunUntilIdle();
  EXPECT_EQ(OutcomeOf(first).verdict(), v1::VERDICT_NOT_SENT);
  EXPECT_EQ(OutcomeOf(second).verdict(), v1::VERDICT_UNKNOWN);
}

TEST_F(PublishTest, AChangeOnTheWireIsFinishedThoughItsCallerHasLeft) {
  const Caller first = Begin(Capture(100));
  first->Leave();
  engine_.executor().Advance(absl::Seconds(60));
  engine_.transport().Answer(Whole(201, "", {{"Capture-Id", "c1"}}));
  engine_.executor().RunUntilIdle();
  const Caller again = Begin(Capture(100));
  EXPECT_EQ(OutcomeOf(again).created_id(), "c1");
  EXPECT_EQ(Sent(), 1u);
}

TEST_F(PublishTest, AnAttemptIsGivenMoreTimeThanKlarnaTakes) {
  const Caller caller = Call(Capture(100), Captured());
  EXPECT_TRUE(caller->finished());
  EXPECT_EQ(engine_.transport().requests()[0].timeout, absl::Seconds(65));
}

// What may be sent again after an outcome that is not known.

TEST_F(PublishTest, AKeyedChangeIsSentAgainWithTheSameKey) {
  const Caller first = Call(Capture(100), Broken(TransferError::kReset, true));
  EXPECT_EQ(first->status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Reason(first->status()), "OUTCOME_UNKNOWN");
  const Caller second = Call(Capture(100), Captured());
  EXPECT_TRUE(second->status().ok()) << second->status();
  EXPECT_EQ(OutcomeOf(second).attempts(), 2);
  ASSERT_EQ(Sent(), 2u);
  EXPECT_EQ(KeySent(0), KeySent(1));
}

TEST_F(PublishTest, AMessageToAPersonIsNeverSentAgain) {
  const Caller first = Call(kHostedPaymentPage, Distribution(),
                            Broken(TransferError::kTimeout, true));
  const Caller second = Begin(kHostedPaymentPage, Distribution());
  ASSERT_TRUE(second->finished());
  EXPECT_EQ(second->status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Reason(second->status()), "OUTCOME_UNKNOWN");
  EXPECT_EQ(OutcomeOf(second).verdict(), v1::VERDICT_UNKNOWN);
  EXPECT_EQ(Sent(), 1u);
}

TEST_F(PublishTest, AMessageThatWasNotSentIsSentAgain) {
  Call(kHostedPaymentPage, Distribution(),
       Broken(TransferError::kConnect, false));
  EXPECT_TRUE(
      Call(kHostedPaymentPage, Distribution(), Whole(204))->status().ok());
  EXPECT_EQ(Sent(), 2u);
}

TEST_F(PublishTest, AChangeUnderTheRateLimitIsSentAgain) {
  Call(Capture(100), Whole(429));
  engine_.executor().Advance(absl::Seconds(1));
  EXPECT_TRUE(Call(Capture(100), Captured())->status().ok());
  EXPECT_EQ(Sent(), 2u);
}

// The refusal may be the echo of the first attempt's success.
TEST_F(PublishTest, ARefusalAfterAnUnknownOutcomeIsUnknown) {
  Call(Capture(100), Whole(500));
  engine_.transport().Answer(
      Whole(403, R"({"error_code":"CAPTURE_NOT_ALLOWED"})"));
  AnswerReads(Whole(200, "[]"));
  const Caller second = Begin(Capture(100));
  EXPECT_EQ(second->status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(OutcomeOf(second).verdict(), v1::VERDICT_UNKNOWN);
}

// NOT_SENT would tell the caller that nothing has happened.
TEST_F(PublishTest, WhatIsNotSentAfterAnUnknownOutcomeIsUnknown) {
  Call(Capture(100), Whole(500));
  const Caller second =
      Call(Capture(100), Broken(TransferError::kConnect, false));
  EXPECT_EQ(second->status().code(), absl::StatusCode::kAborted)
      << second->status();
  EXPECT_EQ(Reason(second->status()), "OUTCOME_UNKNOWN");
  EXPECT_EQ(OutcomeOf(second).verdict(), v1::VERDICT_UNKNOWN);
  EXPECT_TRUE(Call(Capture(100), Captured())->status().ok());
}

TEST_F(PublishTest, ADeletionThatFindsNothingAfterAnUnknownOutcomeIsApplied) {
  Call(kPayments, CancelAuthorization(), Broken(TransferError::kReset, true));
  // Not when what stands before Klarna finds nothing.
  const Caller second =
      Call(kPayments, CancelAuthorization(), Whole(404, "<html>"));
  EXPECT_EQ(OutcomeOf(second).verdict(), v1::VERDICT_UNKNOWN);
  const Caller third = Call(kPayments, CancelAuthorization(),
                            Whole(404, R"({"error_code":"NOT_FOUND"})"));
  EXPECT_TRUE(third->status().ok()) << third->status();
  EXPECT_EQ(OutcomeOf(third).verdict(), v1::VERDICT_APPLIED);
}

// The 23 hours.

TEST_F(PublishTest, AnIntentIsSentUntilIts23HoursAreOver) {
  Call(Capture(100), Whole(500));
  engine_.executor().Advance(absl::Hours(23));
  engine_.transport().Answer(Captured());
  // An id of that age is verified.
  const Caller caller =
      Call(Capture(100),
           Whole(200, R"([{"capture_id":"c1","captured_amount":100}])"));
  EXPECT_TRUE(caller->status().ok()) << caller->status();
}

TEST_F(PublishTest, AnOlderIntentIsNotSent) {
  Call(Capture(100), Whole(500));
  engine_.executor().Advance(absl::Hours(23) + absl::Seconds(1));
  AnswerReads(Whole(200, "[]"));
  const Caller late = Begin(Capture(100));
  ASSERT_TRUE(late->finished());
  EXPECT_EQ(late->status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Reason(late->status()), "REQUEST_ID_EXPIRED");
  EXPECT_EQ(OutcomeOf(late).verdict(), v1::VERDICT_UNKNOWN);
  EXPECT_EQ(OutcomeOf(late).attempts(), 1);
  EXPECT_EQ(ChangesSent(), 1u);
}

TEST_F(PublishTest, AnOlderIntentIsNotSentByAnotherReplicaEither) {
  engine_.executor().Advance(absl::Hours(24));
  AnswerReads(Whole(200, "[]"));
  EXPECT_EQ(Reason(Begin(Capture(100))->status()), "REQUEST_ID_EXPIRED");
  EXPECT_EQ(ChangesSent(), 0u);
}

TEST_F(PublishTest, AKnownOutcomeIsToldAfterThe23HoursToo) {
  Call(Capture(100), Whole(201, "", {{"Capture-Id", "c1"}}));
  engine_.executor().Advance(absl::Hours(24));
  EXPECT_EQ(OutcomeOf(Begin(Capture(100))).created_id(), "c1");
}

// Bounds.

TEST(PublishMemoryTest, NothingIsSentThatCouldNotBeRemembered) {
  testing::EngineUnderTest engine(/*intent_capacity=*/1);
  const auto call = [&](const std::string& order) {
    om::PublishRequest request;
    request.set_request_id(kId);
    request.mutable_cancel_order()->set_order_id(order);
    auto caller = engine.Publish(kOrderManagement, request.SerializeAsString());
    engine.executor().RunUntilIdle();
    return caller;
  };
  const auto first = call("o1");
  const auto second = call("o2");
  ASSERT_TRUE(second->finished());
  EXPECT_EQ(second->status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Reason(second->status()), "INTENT_MEMORY_FULL");
  google::rpc::RetryInfo retry;
  EXPECT_TRUE(rest::GetDetail(second->status(), retry));
  EXPECT_EQ(engine.transport().requests().size(), 1u);
  engine.transport().Answer(Whole(204));
  engine.transport().Answer(Whole(204));
  engine.executor().RunUntilIdle();
  EXPECT_TRUE(call("o2")->status().ok());
}

TEST(PublishMemoryTest, ExpiredIntentsDoNotFillTheMemory) {
  testing::EngineUnderTest engine(/*intent_capacity=*/4);
  engine.executor().Advance(absl::Hours(24));
  for (int i = 0; i < 20; ++i) {
    om::PublishRequest request;
    request.set_request_id(kId);
    request.mutable_acknowledge_order()->set_order_id(absl::StrCat("o", i));
    const auto caller =
        engine.Publish(kOrderManagement, request.SerializeAsString());
    engine.executor().RunUntilIdle();
    ASSERT_EQ(Reason(caller->status()), "REQUEST_ID_EXPIRED") << i;
  }
}

// Bad calls: a clear code, and nothing sent.

struct BadCall {
  std::string name;
  std::string service;
  std::string request;  // Text format.
  absl::StatusCode code;
  std::string reason;
  std::string text;  // In the message.
};

class BadCallTest : public ::testing::TestWithParam<BadCall> {
 protected:
  testing::EngineUnderTest engine_;
};

template <typename Request>
std::string Parse(const std::string& text) {
  Request request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request))
      << text;
  return request.SerializeAsString();
}

TEST_P(BadCallTest, IsRefusedAndNothingIsSent) {
  const BadCall& bad = GetParam();
  const std::string request =
      bad.service == kDisputes
          ? Parse<disputes::v4::PublishRequest>(bad.request)
          : Parse<om::PublishRequest>(bad.request);
  const auto caller = engine_.Publish(bad.service, request);
  engine_.executor().RunUntilIdle();
  ASSERT_TRUE(caller->finished());
  EXPECT_EQ(caller->status().code(), bad.code) << caller->status();
  EXPECT_EQ(Reason(caller->status()), bad.reason);
  EXPECT_THAT(std::string(caller->status().message()), HasSubstr(bad.text));
  EXPECT_THAT(engine_.transport().requests(), IsEmpty());
}

std::string WithId(const std::string& text) {
  return absl::StrCat("request_id: '", kId, "' ", text);
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnimplemented = absl::StatusCode::kUnimplemented;

INSTANTIATE_TEST_SUITE_P(
    Calls, BadCallTest,
    ::testing::ValuesIn(std::vector<BadCall>{
        {"NoRequestId", kOrderManagement, "cancel_order { order_id: 'o1' }",
         kInvalid, "BAD_REQUEST", "request_id"},
        {"NoFirstAttempt", kOrderManagement,
         "request_id: 'a' cancel_order { order_id: 'o1' }", kInvalid,
         "BAD_REQUEST", "first_attempt_at"},
        {"NoOperation", kOrderManagement, WithId(""), kInvalid, "BAD_REQUEST",
         "operation"},
        {"NoOrderId", kOrderManagement, WithId("cancel_order {}"), kInvalid,
         "BAD_REQUEST", "cancel_order.order_id"},
        {"EmptyOrderId", kOrderManagement,
         WithId("cancel_order { order_id: '' }"), kInvalid, "BAD_REQUEST",
         "cancel_order.order_id"},
        {"Dot", kOrderManagement, WithId("cancel_order { order_id: '.' }"),
         kInvalid, "BAD_REQUEST", "cancel_order.order_id"},
        {"DotDot", kOrderManagement, WithId("cancel_order { order_id: '..' }"),
         kInvalid, "BAD_REQUEST", "cancel_order.order_id"},
        {"LineBreakInHeader", kDisputes,
         WithId("accept_loss { payment_dispute_id: 'd' "
                "partner_correlation_id: 'a\\r\\nEvil: 1' }"),
         kInvalid, "BAD_REQUEST", "partner_correlation_id"},
        {"FileWithoutAName", kDisputes,
         WithId("upload_attachment { payment_dispute_id: 'd' "
                "file { data: 'x' } }"),
         kInvalid, "BAD_REQUEST", "filename"},
        {"UnknownAccount", kOrderManagement,
         WithId("options { account: 'x' } cancel_order { order_id: 'o1' }"),
         kInvalid, "BAD_REQUEST", "options.account"},
        {"UnknownTransformer", kOrderManagement,
         WithId("options { transformer: 't' } cancel_order { order_id: 'o' }"),
         kInvalid, "BAD_REQUEST", "options.transformer"},
        {"UnmappedWithoutABody", kOrderManagement,
         WithId("unmapped { pointer: '/a' json: '1' } "
                "cancel_order { order_id: 'o1' }"),
         kInvalid, "BAD_REQUEST", "unmapped"},
        {"UnmappedOverASetMember", kOrderManagement,
         WithId("unmapped { pointer: '/captured_amount' json: '1' } "
                "create_capture { order_id: 'o1' "
                "capture { captured_amount: 2 } }"),
         kInvalid, "BAD_REQUEST", "/captured_amount"},
        {"UnmappedThatIsNoJson", kOrderManagement,
         WithId("unmapped { pointer: '/a' json: '1,\"b\":2' } "
                "create_capture { order_id: 'o1' capture {} }"),
         kInvalid, "BAD_REQUEST", "/a"},
    }),
    [](const auto& tested) { return tested.param.name; });

class BadBytesTest : public PublishTest {
 protected:
  void ExpectRefused(const std::string& bytes, absl::StatusCode code,
                     const std::string& reason) {
    const auto caller = engine_.Publish(kOrderManagement, bytes);
    engine_.executor().RunUntilIdle();
    ASSERT_TRUE(caller->finished());
    EXPECT_EQ(caller->status().code(), code) << caller->status();
    EXPECT_EQ(Reason(caller->status()), reason);
    EXPECT_EQ(Sent(), 0u);
  }
};

TEST_F(BadBytesTest, TwoOperationsAreRefused) {
  om::PublishRequest second;
  second.mutable_cancel_order()->set_order_id("o1");
  ExpectRefused(Capture(100).SerializeAsString() + second.SerializeAsString(),
                kInvalid, "MALFORMED_REQUEST");
}

TEST_F(BadBytesTest, AnUnknownFieldIsRefusedAtEveryDepth) {
  const std::string unknown = "\xf8\x07\x01";  // Field 127, varint 1.
  ExpectRefused(Capture(100).SerializeAsString() + unknown, kUnimplemented,
                "UNKNOWN_FIELD");
  om::PublishRequest inside = Capture(100);
  auto& capture = *inside.mutable_create_capture()->mutable_capture();
  capture.GetReflection()->MutableUnknownFields(&capture)->AddVarint(127, 1);
  ExpectRefused(inside.SerializeAsString(), kUnimplemented, "UNKNOWN_FIELD");
}

TEST_F(BadBytesTest, BytesThatAreNoMessageAreRefused) {
  std::string cut = Capture(100).SerializeAsString();
  cut.pop_back();
  ExpectRefused(cut, kInvalid, "MALFORMED_REQUEST");
  om::PublishRequest broken = Capture(100);
  std::string bytes = broken.SerializeAsString();
  bytes[bytes.find("o1")] = '\xff';
  ExpectRefused(bytes, kInvalid, "MALFORMED_REQUEST");
}

TEST_F(BadBytesTest, MoreThanKlarnaTakesIsRefused) {
  om::PublishRequest large = Capture(100);
  large.mutable_create_capture()->mutable_capture()->set_description(
      std::string(1 << 20, 'x'));
  ExpectRefused(large.SerializeAsString(), kInvalid, "REQUEST_TOO_LARGE");
}

TEST_F(PublishTest, AFileMayBeLarger) {
  disputes::v4::PublishRequest request;
  request.set_request_id(kId);
  auto& upload = *request.mutable_upload_attachment();
  upload.set_payment_dispute_id("d");
  upload.mutable_file()->set_data(std::string(7 << 20, 'x'));
  upload.mutable_file()->set_filename("a.pdf");
  const Caller caller =
      Call(kDisputes, request,
           Whole(201, R"({"payment_dispute_attachment_id":"a1"})"));
  EXPECT_TRUE(caller->status().ok()) << caller->status();
  EXPECT_EQ(OutcomeOf(caller).created_id(), "a1");
}

}  // namespace
}  // namespace klarna::gateway

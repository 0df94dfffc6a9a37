// SPDX-License-Identifier: Apache-2.0
//
// Calls of Publish that the gateway itself refuses, for lack of room or time or
// for their form, as their callers hear it over gRPC.
#include <google/protobuf/text_format.h>
#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "klarna/disputes/v4/disputes_service.pb.h"
#include "klarna/payments/v1/payments_service.pb.h"
#include "tests/end_to_end/errors_on_the_wire.h"

namespace klarna::testing::errors {
namespace {

class OverloadedTest : public ErrorsOnTheWireTest {
 protected:
  // What the second of two changes hears when there may be one at a time.
  void ExpectSecondIsRefused(
      const std::function<void(config::Config&)>& one_at_a_time,
      Verdict verdict) {
    Answer slow = Whole(201, "", {{"Capture-Id", "c1"}});
    slow.delay = absl::Seconds(1);
    upstream_.AnswerChanges(slow);
    StartGateway(one_at_a_time);
    std::thread first([this] { EXPECT_TRUE(Call(Capture()).status.ok()); });
    while (upstream_.requests() == 0) std::this_thread::yield();
    ExpectHeard(Call(Capture()), {.code = StatusCode::RESOURCE_EXHAUSTED,
                                  .reason = "OVERLOADED",
                                  .verdict = verdict,
                                  .retry_seconds = 1});
    EXPECT_EQ(upstream_.requests(), 1);
    first.join();
  }
};

// Refused before it is looked at.
TEST_F(OverloadedTest, MoreChangesThanThisReplicaTakes) {
  ExpectSecondIsRefused(
      [](config::Config& config) { config.limits.max_changes = 1; }, kNotSent);
}

// The first call's change happened, so the second one must not be told that
// nothing was sent.
TEST_F(OverloadedTest, AResendThatThereIsNoRoomForIsUnknown) {
  StartGateway([](config::Config& config) { config.limits.max_changes = 1; });
  const om::PublishRequest made = Capture();
  EXPECT_TRUE(Call(made).status.ok());
  Answer slow = Whole(201, "", {{"Capture-Id", "c2"}});
  slow.delay = absl::Seconds(1);
  upstream_.AnswerChanges(slow);
  std::thread other([this] { EXPECT_TRUE(Call(Capture()).status.ok()); });
  while (upstream_.requests() < 2) std::this_thread::yield();
  ExpectHeard(Call(made), {.code = StatusCode::RESOURCE_EXHAUSTED,
                           .reason = "OVERLOADED",
                           .verdict = kUnknown,
                           .retry_seconds = 1});
  other.join();
}

TEST_F(OverloadedTest, MoreRequestsThanTheMerchantMayHaveUnderWay) {
  ExpectSecondIsRefused(
      [](config::Config& config) { config.limits.max_concurrency = 1; },
      kNotSent);
}

TEST_F(ErrorsOnTheWireTest, ADeadlineThatIsTooNearIsDeadlineExceeded) {
  StartGateway();
  ExpectHeard(Call(Capture(), absl::Milliseconds(900)),
              {.code = StatusCode::DEADLINE_EXCEEDED,
               .reason = "DEADLINE",
               .verdict = kNotSent});
  EXPECT_EQ(upstream_.requests(), 0);
}

TEST_F(ErrorsOnTheWireTest, AnotherContentUnderTheSameIdIsRefused) {
  StartGateway();
  om::PublishRequest request = Capture();
  EXPECT_TRUE(Call(request).status.ok());
  request.mutable_create_capture()->mutable_capture()->set_captured_amount(2);
  ExpectHeard(Call(request), {.code = StatusCode::INVALID_ARGUMENT,
                              .reason = "IDEMPOTENCY_KEY_REUSED",
                              .verdict = kNotSent});
  EXPECT_EQ(upstream_.requests(), 1);
}

// Another replica sent another content under the id, so Klarna answers for that
// one. Nothing of this change happened, but something did.
TEST_F(ErrorsOnTheWireTest, AKeyThatKlarnaKnowsForAnotherContentIsAborted) {
  upstream_.AnswerChanges(Whole(201, "", {{"Capture-Id", "c1"}}));
  upstream_.AnswerReads(
      Whole(200, R"([{"capture_id":"c1","captured_amount":7}])"));
  StartGateway();
  om::PublishRequest request = Capture();
  request.set_request_id("basket-1");
  request.mutable_first_attempt_at()->set_seconds(
      absl::ToUnixSeconds(clock_.WallNow()) - 60);
  ExpectHeard(Call(request), {.code = StatusCode::ABORTED,
                              .reason = "IDEMPOTENCY_KEY_REUSED",
                              .verdict = kRejected});
}

TEST_F(ErrorsOnTheWireTest, AnIdThatKlarnaMayHaveForgottenIsNotSent) {
  StartGateway();
  om::PublishRequest request = Capture();
  request.set_request_id("basket-1");
  request.mutable_first_attempt_at()->set_seconds(
      absl::ToUnixSeconds(clock_.WallNow() - absl::Hours(24)));
  upstream_.AnswerChanges(Whole(500));
  ExpectHeard(Call(request), {.code = StatusCode::FAILED_PRECONDITION,
                              .reason = "REQUEST_ID_EXPIRED",
                              .verdict = kUnknown});
}

// Bad calls: nothing is sent.

struct BadCall {
  std::string name;
  std::string request;  // Text of a PublishRequest; without an id, one is made.
  Heard heard;
};

Heard BadField(const std::string& field, Verdict verdict = kNotSent) {
  return {.code = StatusCode::INVALID_ARGUMENT,
          .reason = "BAD_REQUEST",
          .verdict = verdict,
          .fields = {field}};
}

const std::vector<BadCall>& BadCalls() {
  static const auto* const kCalls = new std::vector<BadCall>{
      {"NoOperation", "", BadField("operation")},
      {"NoPathField", "create_capture { capture { captured_amount: 1 } }",
       BadField("create_capture.order_id")},
      {"DottedPathField", "acknowledge_order { order_id: '..' }",
       BadField("acknowledge_order.order_id")},
      {"UnknownAccount",
       "options { account: 'x' } acknowledge_order { order_id: 'o' }",
       BadField("options.account")},
      {"UnknownTransformer",
       "options { transformer: 'x' } acknowledge_order { order_id: 'o' }",
       BadField("options.transformer")},
      {"UnmappedWithoutABody",
       "unmapped { pointer: '/a' json: '1' }"
       "acknowledge_order { order_id: 'o' }",
       BadField("unmapped")},
      {"IdThatIsTooLong",
       "request_id: '" + std::string(65, 'a') +
           "' acknowledge_order { order_id: 'o' }",
       BadField("request_id")},
      {"IdWithoutItsTime",
       "request_id: 'basket-1' acknowledge_order { order_id: 'o' }",
       // An earlier call may have had its time.
       BadField("first_attempt_at", kUnknown)},
      {"RawCallThatIsNotAllowed",
       "raw { method: 'POST' path: '/ordermanagement/v1/x' }",
       {.code = StatusCode::PERMISSION_DENIED,
        .reason = "RAW_CALLS_OFF",
        .verdict = kNotSent}},
      {"TooLarge",
       "create_capture { order_id: 'o' capture { description: '" +
           std::string(1 << 20, 'a') + "' } }",
       {.code = StatusCode::INVALID_ARGUMENT,
        .reason = "REQUEST_TOO_LARGE",
        .verdict = kNotSent}},
  };
  return *kCalls;
}

class BadCallTest : public ErrorsOnTheWireTest,
                    public ::testing::WithParamInterface<BadCall> {};

TEST_P(BadCallTest, IsRefusedBeforeAnythingIsSent) {
  StartGateway(
      [](config::Config& config) { config.accounts[0].raw_calls = false; });
  om::PublishRequest request;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(GetParam().request,
                                                            &request));
  if (request.request_id().empty()) {
    request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
  }
  ExpectHeard(Call(request), GetParam().heard);
  EXPECT_EQ(upstream_.requests(), 0);
}

INSTANTIATE_TEST_SUITE_P(Calls, BadCallTest, ::testing::ValuesIn(BadCalls()),
                         [](const auto& tested) { return tested.param.name; });

TEST_F(ErrorsOnTheWireTest, AMissingIdIsNamed) {
  StartGateway();
  om::PublishRequest request = Capture();
  request.clear_request_id();
  ExpectHeard(Call(request), BadField("request_id"));
  EXPECT_EQ(upstream_.requests(), 0);
}

TEST_F(ErrorsOnTheWireTest, AReadOnlyFieldIsNamed) {
  StartGateway();
  payments::v1::PublishRequest request;
  request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
  request.mutable_create_order()->set_authorization_token("t1");
  request.mutable_create_order()->mutable_order()->set_status("complete");
  ExpectHeard(
      Publish<payments::v1::PublishResponse>(
          gateway_->channel(), "klarna.payments.v1.PaymentsService", request),
      BadField("create_order.order.status"));
  EXPECT_EQ(upstream_.requests(), 0);
}

TEST_F(ErrorsOnTheWireTest, AHeaderThatWouldBreakOutIsNamed) {
  StartGateway();
  disputes::v4::PublishRequest request;
  request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
  request.mutable_accept_loss()->set_payment_dispute_id("d1");
  request.mutable_accept_loss()->set_partner_correlation_id("a\r\nX-Evil: 1");
  ExpectHeard(
      Publish<disputes::v4::PublishResponse>(
          gateway_->channel(), "klarna.disputes.v4.DisputesService", request),
      BadField("accept_loss.partner_correlation_id"));
  EXPECT_EQ(upstream_.requests(), 0);
}

TEST_F(ErrorsOnTheWireTest, AnUnknownFieldIsUnimplemented) {
  StartGateway();
  om::PublishRequest request = Capture();
  om::PublishRequest::GetReflection()
      ->MutableUnknownFields(&request)
      ->AddVarint(999, 1);
  ExpectHeard(Call(request), {.code = StatusCode::UNIMPLEMENTED,
                              .reason = "UNKNOWN_FIELD",
                              .verdict = kNotSent});
  EXPECT_EQ(upstream_.requests(), 0);
}

// gRPC itself refuses it, with a bare status.
TEST_F(ErrorsOnTheWireTest, ARequestOfEightMebibytesIsResourceExhausted) {
  StartGateway();
  om::PublishRequest request = Capture();
  request.mutable_create_capture()->mutable_capture()->set_description(
      std::string(size_t{8} << 20, 'a'));
  const auto result = Call(request);
  EXPECT_EQ(result.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(result.status.error_details(), "");
  EXPECT_EQ(upstream_.requests(), 0);
}

}  // namespace
}  // namespace klarna::testing::errors

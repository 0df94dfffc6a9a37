// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "klarna/disputes/v4/disputes_service.pb.h"
#include "klarna/gateway/v1/klarna_error.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "service/auth/uuid.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::testing {
namespace {

namespace om = ::klarna::order_management::v1;
using gateway::v1::Outcome;
using ::testing::HasSubstr;

constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
constexpr char kDisputes[] = "klarna.disputes.v4.DisputesService";

class PublishTest : public ::testing::Test {
 protected:
  // Authorised, nothing captured.
  std::string OrderId() { return Known("order, authorized"); }

  std::string Known(const std::string& name) {
    std::string id;
    sandbox_->With([&](sandbox::Klarna& klarna) {
      for (const auto& known : klarna.WellKnownIds()) {
        if (known.name == name) id = known.id;
      }
    });
    return id;
  }

  // One that has just been opened.
  std::string NewDispute() {
    disputes::v4::SubscribeRequest opened;
    opened.mutable_list_disputes()->add_state("INITIATED");
    const auto list = Subscribe<disputes::v4::SubscribeResponse>(
        gateway_.channel(), kDisputes, opened);
    EXPECT_TRUE(list.status.ok()) << list.status.error_message();
    return list.messages.at(0).disputes().disputes(0).payment_dispute_id();
  }

  size_t Effects() {
    size_t effects = 0;
    sandbox_->With([&](sandbox::Klarna& klarna) {
      effects = klarna.ledger().entries().size();
    });
    return effects;
  }

  void AddFault(const sandbox::Fault& fault) {
    sandbox_->With(
        [&](sandbox::Klarna& klarna) { klarna.faults().Add(fault); });
  }

  om::PublishRequest Capture(int64_t amount) {
    om::PublishRequest request;
    request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
    auto& capture = *request.mutable_create_capture();
    capture.set_order_id(OrderId());
    capture.mutable_capture()->set_captured_amount(amount);
    return request;
  }

  UnaryResult<om::PublishResponse> Call(
      const om::PublishRequest& request,
      absl::Duration deadline = absl::InfiniteDuration()) {
    return Publish<om::PublishResponse>(gateway_.channel(), kOrderManagement,
                                        request, deadline);
  }

  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  std::unique_ptr<sandbox::SandboxServer> sandbox_ =
      StartSandbox(sandbox::SandboxOptions(), clock_);
  GatewayUnderTest gateway_{sandbox_->url()};
};

TEST_F(PublishTest, ACaptureIsAppliedAndItsIdReturned) {
  const auto result = Call(Capture(100));

  ASSERT_TRUE(result.status.ok()) << result.status.error_message();
  const Outcome& outcome = result.response.outcome();
  EXPECT_EQ(outcome.verdict(), gateway::v1::VERDICT_APPLIED);
  EXPECT_EQ(outcome.evidence(), gateway::v1::EVIDENCE_ANSWER);
  EXPECT_EQ(outcome.http_status(), 201);
  EXPECT_EQ(outcome.attempts(), 1);
  EXPECT_FALSE(outcome.created_id().empty());
  EXPECT_THAT(outcome.location(), HasSubstr(outcome.created_id()));
  EXPECT_EQ(Effects(), 1u);
}

TEST_F(PublishTest, TheSameRequestIdHasOneEffectAndTheSameAnswer) {
  const om::PublishRequest request = Capture(100);
  const auto first = Call(request);
  const auto second = Call(request);

  ASSERT_TRUE(second.status.ok()) << second.status.error_message();
  EXPECT_EQ(second.response.outcome().evidence(), gateway::v1::EVIDENCE_REPLAY);
  EXPECT_EQ(second.response.outcome().created_id(),
            first.response.outcome().created_id());
  EXPECT_EQ(Effects(), 1u);
}

TEST_F(PublishTest, DifferentRequestIdsHaveAnEffectEach) {
  EXPECT_TRUE(Call(Capture(100)).status.ok());
  EXPECT_TRUE(Call(Capture(100)).status.ok());
  EXPECT_EQ(Effects(), 2u);
}

TEST_F(PublishTest, AnotherBodyUnderTheSameRequestIdIsRefusedUnsent) {
  om::PublishRequest request = Capture(100);
  ASSERT_TRUE(Call(request).status.ok());
  request.mutable_create_capture()->mutable_capture()->set_captured_amount(200);
  const auto second = Call(request);

  EXPECT_EQ(second.status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(second.status).reason(),
            "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(DetailOf<Outcome>(second.status).verdict(),
            gateway::v1::VERDICT_NOT_SENT);
  EXPECT_EQ(Effects(), 1u);
}

TEST_F(PublishTest, AMissingRequestIdIsRefusedWithAFreshOne) {
  om::PublishRequest request = Capture(100);
  request.clear_request_id();
  const auto result = Call(request);

  EXPECT_EQ(result.status.error_code(), grpc::INVALID_ARGUMENT);
  const std::string& text = result.status.error_message();
  ASSERT_GE(text.size(), 36u);
  EXPECT_TRUE(auth::TimeOfUuid(text.substr(text.size() - 36)).has_value())
      << text;
  EXPECT_EQ(Effects(), 0u);
}

TEST_F(PublishTest, ARefusalOfKlarnaIsRejectedWithItsCodeAndTexts) {
  const auto result = Call(Capture(199'999'999));

  EXPECT_EQ(result.status.error_code(), grpc::FAILED_PRECONDITION);
  const auto info = DetailOf<google::rpc::ErrorInfo>(result.status);
  EXPECT_EQ(info.reason(), "CAPTURE_NOT_ALLOWED");
  EXPECT_EQ(info.domain(), "klarna.com");
  const auto error = DetailOf<gateway::v1::KlarnaError>(result.status);
  ASSERT_EQ(error.error_messages_size(), 1);
  EXPECT_THAT(error.error_messages(0), HasSubstr("Captured amount"));
  EXPECT_EQ(DetailOf<Outcome>(result.status).verdict(),
            gateway::v1::VERDICT_REJECTED);
  EXPECT_EQ(Effects(), 0u);
}

struct LostAnswerCase {
  const char* name;
  sandbox::Delivery delivery;
  int status;
  bool executed;
};

class LostAnswerTest : public PublishTest,
                       public ::testing::WithParamInterface<LostAnswerCase> {
 protected:
  // The next capture's answer is lost.
  void LoseAnAnswer() {
    sandbox::Fault fault;
    fault.operation = "order_management.captureOrder";
    fault.executed = GetParam().executed;
    fault.status = GetParam().status;
    fault.delivery = GetParam().delivery;
    AddFault(fault);
  }
};

TEST_P(LostAnswerTest, IsSettledByARetryWithOneEffect) {
  LoseAnAnswer();
  const auto result = Call(Capture(100));
  ASSERT_TRUE(result.status.ok()) << result.status.error_message();
  EXPECT_EQ(result.response.outcome().verdict(), gateway::v1::VERDICT_APPLIED);
  EXPECT_EQ(result.response.outcome().attempts(), 2);
  EXPECT_EQ(Effects(), 1u);
}

TEST_P(LostAnswerTest, IsUnknownAndAResendSettlesItWithOneEffect) {
  LoseAnAnswer();
  GatewayUnderTest gateway(sandbox_->url(), [](config::Config& config) {
    config.limits.read_attempts = 1;
  });
  const om::PublishRequest request = Capture(100);
  const auto call = [&] {
    return Publish<om::PublishResponse>(gateway.channel(), kOrderManagement,
                                        request);
  };

  const auto first = call();
  EXPECT_EQ(first.status.error_code(), grpc::ABORTED)
      << first.status.error_message();
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(first.status).reason(),
            "OUTCOME_UNKNOWN");
  EXPECT_EQ(DetailOf<Outcome>(first.status).verdict(),
            gateway::v1::VERDICT_UNKNOWN);
  EXPECT_THAT(first.trailers, ::testing::Contains(::testing::Pair(
                                  "grpc-retry-pushback-ms", "-1")));
  EXPECT_EQ(Effects(), GetParam().executed ? 1u : 0u);

  const auto second = call();
  ASSERT_TRUE(second.status.ok()) << second.status.error_message();
  EXPECT_EQ(second.response.outcome().verdict(), gateway::v1::VERDICT_APPLIED);
  EXPECT_EQ(second.response.outcome().attempts(), 2);
  EXPECT_EQ(Effects(), 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, LostAnswerTest,
    ::testing::Values(LostAnswerCase{"ResetAfterExecution",
                                     sandbox::Delivery::kReset, 0, true},
                      LostAnswerCase{"ResetBeforeExecution",
                                     sandbox::Delivery::kReset, 0, false},
                      LostAnswerCase{"SilentCloseAfterExecution",
                                     sandbox::Delivery::kNone, 0, true},
                      LostAnswerCase{"ServerErrorAfterExecution",
                                     sandbox::Delivery::kWhole, 500, true},
                      LostAnswerCase{"ServerErrorBeforeExecution",
                                     sandbox::Delivery::kWhole, 503, false}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(PublishTest, AChangeIsFinishedThoughItsCallerHasLeft) {
  sandbox::Fault slow;
  slow.operation = "order_management.captureOrder";
  slow.delay = absl::Seconds(3);
  AddFault(slow);
  const om::PublishRequest request = Capture(100);

  const auto first = Call(request, absl::Seconds(2));
  EXPECT_EQ(first.status.error_code(), grpc::DEADLINE_EXCEEDED);
  const auto second = Call(request);

  ASSERT_TRUE(second.status.ok()) << second.status.error_message();
  EXPECT_EQ(second.response.outcome().evidence(), gateway::v1::EVIDENCE_REPLAY);
  EXPECT_EQ(second.response.outcome().attempts(), 1);
  EXPECT_EQ(Effects(), 1u);
}

TEST_F(PublishTest, ConcurrentResendsWaitForTheFirst) {
  const om::PublishRequest request = Capture(100);
  std::vector<UnaryResult<om::PublishResponse>> results(16);
  std::vector<std::thread> callers;
  for (auto& result : results) {
    callers.emplace_back([&] { result = Call(request); });
  }
  for (std::thread& caller : callers) caller.join();

  for (const auto& result : results) {
    ASSERT_TRUE(result.status.ok()) << result.status.error_message();
    EXPECT_EQ(result.response.outcome().created_id(),
              results[0].response.outcome().created_id());
  }
  EXPECT_EQ(Effects(), 1u);
}

TEST_F(PublishTest, AnIntentOlderThan23HoursIsNotSent) {
  om::PublishRequest request = Capture(100);
  request.set_request_id("order-4711-capture-1");
  const auto missing = Call(request);
  EXPECT_EQ(missing.status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_THAT(missing.status.error_message(), HasSubstr("first_attempt_at"));

  const absl::Time old = clock_.WallNow() - absl::Hours(23) - absl::Minutes(1);
  request.mutable_first_attempt_at()->set_seconds(absl::ToUnixSeconds(old));
  const auto expired = Call(request);
  EXPECT_EQ(expired.status.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(expired.status).reason(),
            "REQUEST_ID_EXPIRED");
  EXPECT_EQ(DetailOf<Outcome>(expired.status).verdict(),
            gateway::v1::VERDICT_UNKNOWN);
  EXPECT_EQ(Effects(), 0u);
}

TEST_F(PublishTest, NothingIsSentWhenNobodyListens) {
  GatewayUnderTest gateway("http://127.0.0.1:1");
  const auto result = Publish<om::PublishResponse>(
      gateway.channel(), kOrderManagement, Capture(100));
  EXPECT_EQ(result.status.error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(result.status).reason(),
            "NOT_SENT");
  EXPECT_EQ(DetailOf<Outcome>(result.status).verdict(),
            gateway::v1::VERDICT_NOT_SENT);
}

TEST_F(PublishTest, UnmappedMembersAreMergedIntoTheBody) {
  om::PublishRequest request = Capture(100);
  auto& extra = *request.add_unmapped();
  extra.set_pointer("/new_member");
  extra.set_json("{\"a\":[1,null]}");
  EXPECT_TRUE(Call(request).status.ok());

  om::PublishRequest colliding = Capture(100);
  auto& same = *colliding.add_unmapped();
  same.set_pointer("/captured_amount");
  same.set_json("7");
  EXPECT_EQ(Call(colliding).status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(Effects(), 1u);
}

TEST_F(PublishTest, AnAttachmentArrivesByteForByte) {
  const std::string dispute = NewDispute();
  std::string bytes;
  for (int i = 0; i < 3'000'000; ++i) {
    bytes.push_back(static_cast<char>(random_.Next()));
  }
  klarna::disputes::v4::PublishRequest request;
  request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
  auto& upload = *request.mutable_upload_attachment();
  upload.set_payment_dispute_id(dispute);
  upload.mutable_file()->set_data(bytes);
  upload.mutable_file()->set_filename("proof.pdf");
  upload.mutable_file()->set_content_type("application/pdf");
  const auto uploaded = Publish<klarna::disputes::v4::PublishResponse>(
      gateway_.channel(), kDisputes, request);
  ASSERT_TRUE(uploaded.status.ok()) << uploaded.status.error_message();

  klarna::disputes::v4::SubscribeRequest download;
  auto& wanted = *download.mutable_download_attachment();
  wanted.set_payment_dispute_id(dispute);
  wanted.set_payment_dispute_attachment_id(
      uploaded.response.outcome().created_id());
  const auto downloaded = Subscribe<klarna::disputes::v4::SubscribeResponse>(
      gateway_.channel(), kDisputes, download);
  ASSERT_TRUE(downloaded.status.ok()) << downloaded.status.error_message();
  std::string received;
  for (const auto& message : downloaded.messages) {
    received += message.attachment().data();
  }
  EXPECT_TRUE(received == bytes);
}

TEST_F(PublishTest, WhatGrpcSentBeforeIsVerified) {
  // A channel that retries would set the header itself.
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  const auto result = Publish<om::PublishResponse>(
      gateway_.Connect(arguments), kOrderManagement, Capture(100),
      absl::InfiniteDuration(), {{"grpc-previous-rpc-attempts", "1"}});
  ASSERT_TRUE(result.status.ok()) << result.status.error_message();
  EXPECT_EQ(result.response.outcome().evidence(),
            gateway::v1::EVIDENCE_READ_BACK);
  EXPECT_EQ(Effects(), 1u);
}

TEST_F(PublishTest, ADisputeThatWasGivenUpIsReadBack) {
  sandbox::Fault fault;
  fault.operation = "disputes.acceptLoss";
  fault.status = 500;
  AddFault(fault);
  disputes::v4::PublishRequest request;
  request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
  request.mutable_accept_loss()->set_payment_dispute_id(NewDispute());
  const auto result = Publish<disputes::v4::PublishResponse>(
      gateway_.channel(), kDisputes, request);
  ASSERT_TRUE(result.status.ok()) << result.status.error_message();
  EXPECT_EQ(result.response.outcome().evidence(),
            gateway::v1::EVIDENCE_READ_BACK);
  EXPECT_FALSE(result.response.has_accepted_loss());
  EXPECT_EQ(Effects(), 1u);
}

}  // namespace
}  // namespace klarna::testing

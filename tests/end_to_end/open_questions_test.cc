// SPDX-License-Identifier: Apache-2.0
//
// Changes on both sides of what is not known of Klarna (README, "What is not
// known of Klarna"): one effect each, and no wrong verdict.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "google/rpc/error_details.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/payments/v1/payments_service.pb.h"
#include "service/auth/uuid.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::testing {
namespace {

namespace om = ::klarna::order_management::v1;
namespace payments = ::klarna::payments::v1;
using gateway::v1::Outcome;
using sandbox::OpenQuestions;

constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
constexpr char kPayments[] = "klarna.payments.v1.PaymentsService";
constexpr char kCapture[] = "order_management.captureOrder";
constexpr char kPlace[] = "payments.createOrder";

class OpenQuestionsTest : public ::testing::Test {
 protected:
  void Play(const OpenQuestions& open) {
    sandbox_->With(
        [&](sandbox::Klarna& klarna) { klarna.open_questions() = open; });
  }

  // The change is made, and its answer does not arrive.
  void LoseAnAnswer(const std::string& operation) {
    sandbox::Fault fault;
    fault.operation = operation;
    fault.executed = true;
    fault.delivery = sandbox::Delivery::kNone;
    sandbox_->With(
        [&](sandbox::Klarna& klarna) { klarna.faults().Add(fault); });
  }

  std::string IdOf(const std::string& name) {
    std::string id;
    sandbox_->With([&](sandbox::Klarna& klarna) {
      for (const auto& known : klarna.WellKnownIds()) {
        if (known.name == name) id = known.id;
      }
    });
    return id;
  }

  size_t Effects(const std::string& operation) {
    size_t effects = 0;
    sandbox_->With([&](sandbox::Klarna& klarna) {
      for (const auto& entry : klarna.ledger().entries()) {
        effects += entry.operation == operation;
      }
    });
    return effects;
  }

  om::PublishRequest Capture() {
    om::PublishRequest request;
    request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
    auto& capture = *request.mutable_create_capture();
    capture.set_order_id(IdOf("order, authorized"));
    capture.mutable_capture()->set_captured_amount(100);
    capture.mutable_capture()->set_reference("SHIP-4711");
    return request;
  }

  // Of what the shopper has authorized.
  payments::PublishRequest PlaceOrder() {
    payments::PublishRequest request;
    request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
    auto& place = *request.mutable_create_order();
    const std::string session = IdOf("payments session");
    sandbox_->With([&](sandbox::Klarna& klarna) {
      place.set_authorization_token(*klarna.AuthorizeSession(session));
    });
    payments::SubscribeRequest read;
    read.mutable_get_session()->set_session_id(session);
    const auto opened = Subscribe<payments::SubscribeResponse>(
        gateway_.channel(), kPayments, read);
    EXPECT_TRUE(opened.status.ok()) << opened.status.error_message();
    const payments::Session& approved = opened.messages.at(0).session();
    payments::OrderRequest& order = *place.mutable_order();
    order.set_purchase_country(approved.purchase_country());
    order.set_purchase_currency(approved.purchase_currency());
    order.set_order_amount(approved.order_amount());
    order.set_order_tax_amount(approved.order_tax_amount());
    *order.mutable_order_lines() = approved.order_lines();
    return request;
  }

  UnaryResult<om::PublishResponse> Call(const om::PublishRequest& request) {
    return Publish<om::PublishResponse>(gateway_.channel(), kOrderManagement,
                                        request);
  }
  UnaryResult<payments::PublishResponse> Call(
      const payments::PublishRequest& request) {
    return Publish<payments::PublishResponse>(gateway_.channel(), kPayments,
                                              request);
  }

  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  std::unique_ptr<sandbox::SandboxServer> sandbox_ =
      StartSandbox(sandbox::SandboxOptions(), clock_);
  GatewayUnderTest gateway_{sandbox_->url()};
};

TEST_F(OpenQuestionsTest, ACaptureThatReadsDoNotShowYetHappensOnce) {
  Play({.read_lag = absl::Minutes(5)});
  LoseAnAnswer(kCapture);
  const auto result = Call(Capture());
  ASSERT_TRUE(result.status.ok()) << result.status.error_message();
  EXPECT_EQ(result.response.outcome().verdict(), gateway::v1::VERDICT_APPLIED);
  EXPECT_EQ(Effects(kCapture), 1u);
}

// Klarna answered, but a read does not confirm it: that is no refusal.
TEST_F(OpenQuestionsTest, WhatCannotBeConfirmedYetIsUnknownAndSettledLater) {
  om::PublishRequest request = Capture();
  request.set_request_id("basket-1");
  request.mutable_first_attempt_at()->set_seconds(
      absl::ToUnixSeconds(clock_.WallNow()) - 60);
  Play({.read_lag = absl::Minutes(5)});
  const auto result = Call(request);
  EXPECT_EQ(result.status.error_code(), grpc::ABORTED);
  EXPECT_EQ(DetailOf<Outcome>(result.status).verdict(),
            gateway::v1::VERDICT_UNKNOWN);
  Play({});
  const auto again = Call(request);
  EXPECT_TRUE(again.status.ok()) << again.status.error_message();
  EXPECT_EQ(Effects(kCapture), 1u);
}

TEST_F(OpenQuestionsTest, AnOrderIsPlacedOnceWhereItsTokenAnswersAgain) {
  const payments::PublishRequest request = PlaceOrder();
  LoseAnAnswer(kPlace);
  const auto result = Call(request);
  ASSERT_TRUE(result.status.ok()) << result.status.error_message();
  EXPECT_EQ(result.response.outcome().attempts(), 2);
  EXPECT_EQ(Effects(kPlace), 1u);
}

TEST_F(OpenQuestionsTest, AnOrderMayBePlacedWhereItsTokenIsUnknownAfterwards) {
  const payments::PublishRequest request = PlaceOrder();
  Play({.placed_token_is_unknown = true});
  LoseAnAnswer(kPlace);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto result = Call(request);
    EXPECT_EQ(result.status.error_code(), grpc::ABORTED)
        << result.status.error_message();
    EXPECT_EQ(DetailOf<Outcome>(result.status).verdict(),
              gateway::v1::VERDICT_UNKNOWN);
  }
  EXPECT_EQ(Effects(kPlace), 1u);
}

// Two replicas are given the same change at the same time.
TEST_F(OpenQuestionsTest, ABusyKeyIsNoRefusal) {
  Play({.busy_key_conflicts = true});
  sandbox_->With([](sandbox::Klarna& klarna) {
    klarna.set_latency(absl::Milliseconds(300));
  });
  const om::PublishRequest request = Capture();
  std::thread first([&] { EXPECT_TRUE(Call(request).status.ok()); });
  while (Effects(kCapture) == 0) std::this_thread::yield();
  GatewayUnderTest other(sandbox_->url());
  const auto second =
      Publish<om::PublishResponse>(other.channel(), kOrderManagement, request);
  first.join();
  EXPECT_EQ(second.status.error_code(), grpc::OK)
      << second.status.error_message();
  EXPECT_EQ(Effects(kCapture), 1u);
}

TEST_F(OpenQuestionsTest, AKeyedChangeThatWasExecutedAndAnswered429IsOne) {
  sandbox::Fault fault;
  fault.operation = kCapture;
  fault.executed = true;
  fault.status = 429;
  sandbox_->With([&](sandbox::Klarna& klarna) { klarna.faults().Add(fault); });
  const auto result = Call(Capture());
  EXPECT_TRUE(result.status.ok()) << result.status.error_message();
  EXPECT_EQ(Effects(kCapture), 1u);
}

}  // namespace
}  // namespace klarna::testing

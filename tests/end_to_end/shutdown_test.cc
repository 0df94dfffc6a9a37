// SPDX-License-Identifier: Apache-2.0
//
// What callers see when a replica stops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "service/auth/uuid.h"
#include "service/sandbox/klarna.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::testing {
namespace {

namespace om = ::klarna::order_management::v1;
using settlements::v1::SubscribeRequest;
using settlements::v1::SubscribeResponse;

constexpr char kSettlements[] = "klarna.settlements.v1.SettlementsService";
constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
constexpr int kTransactions = 50'000;

class ShutdownTest : public ::testing::Test {
 protected:
  static sandbox::SandboxOptions Options() {
    sandbox::SandboxOptions options;
    options.transactions = kTransactions;
    return options;
  }

  // A replica: all have one secret for resume tokens.
  std::unique_ptr<GatewayUnderTest> Replica() {
    return std::make_unique<GatewayUnderTest>(
        sandbox_->url(), [](config::Config& config) {
          config.resume_tokens.secrets = {
              auth::Secret("0123456789abcdef0123456789abcdef")};
        });
  }

  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  std::unique_ptr<sandbox::SandboxServer> sandbox_ =
      StartSandbox(Options(), clock_);
};

TEST_F(ShutdownTest, AStreamEndsBehindAWholeBatchAndGoesOnAtAnotherReplica) {
  auto first = Replica();
  SubscribeRequest request;
  request.mutable_list_transactions()->set_payment_reference("PAYOUT00001");
  std::future<void> stopped;
  int64_t rows = 0;
  const auto count = [&](const SubscribeResponse& message) {
    EXPECT_EQ(message.batch().offset(), rows) << "a gap or a repeat";
    rows += message.transactions().transactions_size();
    request.mutable_paging()->set_resume_token(message.batch().resume_token());
    if (!stopped.valid()) {
      stopped = std::async(std::launch::async, [&] {
        first->server().Shutdown(absl::ZeroDuration(), absl::Seconds(20));
      });
    }
    return true;
  };
  const auto cut = Subscribe<SubscribeResponse>(first->channel(), kSettlements,
                                                request, count);
  stopped.wait();
  ASSERT_EQ(cut.status.error_code(), grpc::UNAVAILABLE)
      << cut.status.error_message();
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(cut.status).reason(),
            "SHUTTING_DOWN");

  const auto second = Replica();
  const auto rest = Subscribe<SubscribeResponse>(second->channel(),
                                                 kSettlements, request, count);
  EXPECT_TRUE(rest.status.ok()) << rest.status.error_message();
  EXPECT_EQ(rows, kTransactions);
}

TEST_F(ShutdownTest, AChangeOnTheWireIsAnswered) {
  auto gateway = Replica();
  sandbox::Fault slow;
  slow.operation = "order_management.captureOrder";
  slow.delay = absl::Seconds(1);
  std::string order;
  sandbox_->With([&](sandbox::Klarna& klarna) {
    klarna.faults().Add(slow);
    for (const auto& known : klarna.WellKnownIds()) {
      if (known.name == "order, authorized") order = known.id;
    }
  });
  om::PublishRequest request;
  request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
  request.mutable_create_capture()->set_order_id(order);
  request.mutable_create_capture()->mutable_capture()->set_captured_amount(1);
  auto answer = std::async(std::launch::async, [&] {
    return Publish<om::PublishResponse>(gateway->channel(), kOrderManagement,
                                        request);
  });
  size_t effects = 0;
  while (effects == 0) {
    sandbox_->With([&](sandbox::Klarna& klarna) {
      effects = klarna.ledger().entries().size();
    });
  }
  gateway->server().Shutdown(absl::ZeroDuration(), absl::Seconds(20));
  const auto result = answer.get();
  EXPECT_TRUE(result.status.ok()) << result.status.error_message();
  EXPECT_EQ(result.response.outcome().verdict(), gateway::v1::VERDICT_APPLIED);
}

}  // namespace
}  // namespace klarna::testing

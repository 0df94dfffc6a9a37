// SPDX-License-Identifier: Apache-2.0
//
// An upstream in trouble, on sockets. Minutes of it, on virtual time:
// tests/service/upstream/overload_test.cc.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "google/protobuf/empty.pb.h"
#include "google/rpc/error_details.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "service/auth/uuid.h"
#include "service/sandbox/http_server.h"
#include "tests/end_to_end/gateway_under_test.h"
#include "tests/testing/notification.h"

namespace klarna::testing {
namespace {

using order_management::v1::PublishRequest;
using order_management::v1::PublishResponse;
using order_management::v1::SubscribeRequest;
using order_management::v1::SubscribeResponse;

constexpr char kService[] = "klarna.order_management.v1.OrderManagementService";

// Answers every request alike and counts them.
class CountingUpstream {
 public:
  CountingUpstream() {
    auto server = sandbox::HttpServer::Start(0, [this](const auto&) {
      ++requests_;
      sandbox::Answer answer;
      answer.status = status_;
      answer.delay = absl::Milliseconds(delay_ms_.load());
      answer.headers = {{"Content-Type", "application/json"}};
      answer.body = R"({"order_id":"o1"})";
      return answer;
    });
    server_ = *std::move(server);
  }

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_->port());
  }
  int requests() const { return requests_; }
  void set_status(int status) { status_ = status; }
  void set_delay(absl::Duration delay) {
    delay_ms_ = static_cast<int>(absl::ToInt64Milliseconds(delay));
  }

 private:
  std::atomic<int> requests_ = 0;
  std::atomic<int> status_ = 200;
  std::atomic<int> delay_ms_ = 0;
  std::unique_ptr<sandbox::HttpServer> server_;  // Last: uses the others.
};

// Publishes a change on a thread of its own, and leaves.
class Caller {
 public:
  explicit Caller(const std::shared_ptr<grpc::Channel>& channel)
      : thread_([this, channel] {
          PublishRequest request;
          runtime::SystemClock clock;
          runtime::SystemRandom random;
          request.set_request_id(auth::TimeUuid(clock.WallNow(), random));
          request.mutable_acknowledge_order()->set_order_id("o1");
          const std::string name = std::string("/") + kService + "/Publish";
          const grpc::internal::RpcMethod method(
              name.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
          PublishResponse response;
          grpc::internal::BlockingUnaryCall<PublishRequest, PublishResponse,
                                            google::protobuf::MessageLite,
                                            google::protobuf::MessageLite>(
              channel.get(), method, &context_, request, &response);
        }) {}

  void Leave() {
    context_.TryCancel();
    thread_.join();
  }

 private:
  grpc::ClientContext context_;
  std::thread thread_;
};

class OverloadTest : public ::testing::Test {
 protected:
  void CheckHealth() {
    const grpc::internal::RpcMethod method(
        "/grpc.health.v1.Health/Check", grpc::internal::RpcMethod::NORMAL_RPC);
    grpc::ClientContext context;
    const google::protobuf::Empty empty;  // As a request, all services.
    google::protobuf::Empty answer;
    const grpc::Status status = grpc::internal::BlockingUnaryCall<
        google::protobuf::Empty, google::protobuf::Empty,
        google::protobuf::MessageLite, google::protobuf::MessageLite>(
        gateway_.channel().get(), method, &context, empty, &answer);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }

  grpc::Status GetOrder(const std::string& account = "") {
    SubscribeRequest request;
    request.mutable_options()->set_account(account);
    request.mutable_get_order()->set_order_id("o1");
    return Subscribe<SubscribeResponse>(gateway_.channel(), kService, request)
        .status;
  }

  static std::string Reason(const grpc::Status& status) {
    return DetailOf<google::rpc::ErrorInfo>(status).reason();
  }

  CountingUpstream upstream_;
  GatewayUnderTest gateway_{upstream_.url(), [](config::Config& config) {
                              config::Account other = config.accounts[0];
                              other.name = other.merchant_key = "other";
                              config.accounts.push_back(other);
                            }};
};

TEST_F(OverloadTest, AnUpstreamThatFailsIsLeftAloneAndFoundWell) {
  runtime::SystemClock clock;
  upstream_.set_status(503);
  constexpr int kOffered = 2000;
  int refused = 0;
  const runtime::Instant began = clock.Now();
  for (int i = 0; i < kOffered; ++i) {
    const grpc::Status status = GetOrder();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    if (Reason(status) == "BREAKER_OPEN") ++refused;
  }
  const double seconds = absl::ToDoubleSeconds(clock.Now() - began);
  // Twenty to find out, with their retries, and a probe a second with its own.
  EXPECT_LE(upstream_.requests(), 30 + 2 * seconds);
  EXPECT_GE(refused, kOffered * 9 / 10);

  upstream_.set_status(200);
  const runtime::Instant healed = clock.Now();
  while (!GetOrder().ok() || !GetOrder().ok()) {
    ASSERT_LE(clock.Now() - healed, absl::Seconds(5));
  }
  EXPECT_TRUE(GetOrder().ok());
}

TEST_F(OverloadTest, AnotherAccountDoesNotNoticeTheBreaker) {
  upstream_.set_status(503);
  for (int i = 0; i < 40; ++i) GetOrder();
  EXPECT_EQ(Reason(GetOrder()), "BREAKER_OPEN");
  upstream_.set_status(200);
  EXPECT_TRUE(GetOrder("other").ok());
}

TEST_F(OverloadTest, StreamsBeyondTheirNumberAreRefused) {
  constexpr int kStreams = 3;
  gateway_.Reload(
      [](config::Config& config) { config.limits.max_streams = kStreams; });
  upstream_.set_delay(absl::Minutes(1));
  SubscribeRequest request;
  request.mutable_get_order()->set_order_id("o1");
  const std::string name = std::string("/") + kService + "/Subscribe";
  const grpc::internal::RpcMethod method(
      name.c_str(), grpc::internal::RpcMethod::SERVER_STREAMING);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<SubscribeResponse>>> readers;
  for (int i = 0; i < kStreams; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    readers.emplace_back(
        grpc::internal::ClientReaderFactory<SubscribeResponse>::Create(
            gateway_.channel().get(), method, contexts.back().get(), request));
  }
  while (upstream_.requests() < kStreams) std::this_thread::yield();
  const grpc::Status refused = GetOrder();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Reason(refused), "OVERLOADED");
  EXPECT_GT(DetailOf<google::rpc::RetryInfo>(refused).retry_delay().nanos(), 0);

  upstream_.set_delay(absl::ZeroDuration());
  for (auto& context : contexts) context->TryCancel();
  for (auto& reader : readers) reader->Finish();
  while (!GetOrder().ok()) std::this_thread::yield();
}

// A shard that is behind comes to a call only after its caller has left, and
// perhaps asked another replica.
TEST_F(OverloadTest, NothingIsBegunForACallerWhoHasLeft) {
  constexpr int kCallers = 30;
  std::atomic<bool> blocks = true;
  Notification blocked;
  Notification goes_on;
  gateway_.log().WhenAsked([&] {
    if (!blocks.exchange(false)) return;
    blocked.Notify();
    goes_on.Wait();
  });
  std::thread first([this] { EXPECT_TRUE(GetOrder().ok()); });
  blocked.Wait();

  std::vector<std::unique_ptr<Caller>> callers;
  callers.reserve(kCallers);
  for (int i = 0; i < kCallers; ++i) {
    callers.push_back(std::make_unique<Caller>(gateway_.channel()));
  }
  CheckHealth();  // Behind their requests on the same connection.
  for (const auto& caller : callers) caller->Leave();
  CheckHealth();
  goes_on.Notify();
  first.join();
  EXPECT_TRUE(GetOrder().ok()) << "comes behind them";
  // The connection's order is not that of gRPC's threads.
  EXPECT_LT(upstream_.requests(), 2 + kCallers / 3);
}

}  // namespace
}  // namespace klarna::testing

// SPDX-License-Identifier: Apache-2.0
//
// Large requests whose upstream does not answer stay in memory: only so many
// bytes of them are taken.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "klarna/disputes/v4/disputes_service.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "service/auth/uuid.h"
#include "service/rpc/admission.h"
#include "service/sandbox/http_server.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::testing {
namespace {

namespace disputes = ::klarna::disputes::v4;
namespace om = ::klarna::order_management::v1;

constexpr size_t kLarge = 4 << 20;
constexpr size_t kMost = rpc::Admission::kRequestBytes / 4 * 3 / kLarge;

class RequestMemoryTest : public ::testing::Test {
 protected:
  disputes::PublishRequest Upload() {
    disputes::PublishRequest request;
    request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
    auto& upload = *request.mutable_upload_attachment();
    upload.set_payment_dispute_id("d1");
    upload.mutable_file()->set_data(std::string(kLarge - 4096, 'x'));
    upload.mutable_file()->set_content_type("application/pdf");
    upload.mutable_file()->set_filename("a.pdf");
    return request;
  }

  // Answers a capture only.
  static std::unique_ptr<sandbox::HttpServer> StartUpstream() {
    return *sandbox::HttpServer::Start(0, [](const sandbox::Request& request) {
      sandbox::Answer answer;
      answer.status = 201;
      answer.headers = {{"Capture-Id", "c1"}};
      if (request.path.find("disput") != std::string::npos) {
        answer.delay = absl::Minutes(10);
      }
      return answer;
    });
  }

  // The gateway follows what is on the wire to its end.
  void TearDown() override { upstream_.reset(); }

  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  std::unique_ptr<sandbox::HttpServer> upstream_ = StartUpstream();
  GatewayUnderTest gateway_{"http://127.0.0.1:" +
                            std::to_string(upstream_->port())};
};

TEST_F(RequestMemoryTest,
       BeyondItsBoundLargeRequestsAreRefusedAndSmallOnesNot) {
  constexpr size_t kOffered = 2 * kMost;
  std::atomic<size_t> ended = 0;
  std::vector<std::future<grpc::Status>> calls;
  for (size_t i = 0; i < kOffered; ++i) {
    calls.push_back(
        std::async(std::launch::async, [this, &ended, request = Upload()] {
          const auto result = Publish<disputes::PublishResponse>(
              gateway_.channel(), "klarna.disputes.v4.DisputesService", request,
              absl::Seconds(60));
          ++ended;
          return result.status;
        }));
  }
  // The others are there: they wait for the upstream.
  while (ended < kOffered - kMost) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  om::PublishRequest capture;
  capture.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
  capture.mutable_create_capture()->set_order_id("o1");
  capture.mutable_create_capture()->mutable_capture()->set_captured_amount(1);
  const auto captured = Publish<om::PublishResponse>(
      gateway_.channel(), "klarna.order_management.v1.OrderManagementService",
      capture);
  EXPECT_TRUE(captured.status.ok()) << captured.status.error_message();

  upstream_.reset();
  size_t refused = 0;
  for (auto& call : calls) {
    const grpc::Status status = call.get();
    if (status.error_code() != grpc::StatusCode::RESOURCE_EXHAUSTED) continue;
    ++refused;
    EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).reason(), "OVERLOADED");
    EXPECT_GT(DetailOf<google::rpc::RetryInfo>(status).retry_delay().nanos(),
              0);
  }
  EXPECT_EQ(refused, kOffered - kMost);
  std::printf("%zu requests of 4 MiB at once: %zu refused\n", kOffered,
              refused);
}

}  // namespace
}  // namespace klarna::testing

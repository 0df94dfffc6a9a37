// SPDX-License-Identifier: Apache-2.0
//
// Changes over kept connections, to an upstream that takes every seventh whole
// and closes without a byte: a client that sends such a request again by itself
// makes the change twice. As many requests must come in as the gateway says it
// made attempts. More changes:
//
//   KLARNA_CHANGES=1000000 build/tests/faults/silent_close_test
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "klarna/order_management/v1/order_management_service.pb.h"
#include "service/auth/uuid.h"
#include "tests/faults/loop_server.h"
#include "tests/faults/socket_engine.h"
#include "tests/testing/notification.h"

namespace klarna::faults {
namespace {

constexpr char kService[] = "klarna.order_management.v1.OrderManagementService";
constexpr uint64_t kAtATime = 64;
constexpr uint64_t kClosedEvery = 7;
// These go over connections of their own, since libcurl resends them.
constexpr uint64_t kWithoutBodyEvery = 16;

uint64_t FromEnvironment(const char* name, uint64_t fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : std::strtoull(value, nullptr, 10);
}

class SilentCloseTest : public ::testing::Test {
 protected:
  // On the engine's loop, as all that follows.
  LoopServer::Answer OnRequest() {
    if (++requests_ % kClosedEvery == 0) return {.close = true};
    return {.bytes = "HTTP/1.1 204 No Content\r\nCapture-Id: c1\r\n\r\n"};
  }

  void StartNext() {
    if (started_ == changes_) return;
    ++started_;
    order_management::v1::PublishRequest request;
    request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
    if (started_ % kWithoutBodyEvery == 0) {
      request.mutable_acknowledge_order()->set_order_id("x");
    } else {
      request.mutable_create_capture()->set_order_id("x");
      request.mutable_create_capture()->mutable_capture()->set_captured_amount(
          1);
    }
    engine_.Call(method_, request.SerializeAsString(),
                 [this](const Reply& reply) { OnReply(reply); });
  }

  void OnReply(const Reply& reply) {
    const gateway::v1::Outcome outcome = reply.outcome();
    attempts_ += static_cast<uint64_t>(outcome.attempts());
    ++verdicts_[outcome.verdict()];
    engine_.loop().Post([this] { StartNext(); });
    if (++ended_ == changes_) done_.Notify();
  }

  const uint64_t changes_ = FromEnvironment("KLARNA_CHANGES", 5000);
  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  const std::unique_ptr<const rest::RouteTable> routes_ =
      rest::RouteTable::Compile(rest::LinkedServices()).value();
  const rest::Method& method_ = *routes_->Find(kService, "Publish");
  SocketEngine engine_{{.attempts = 3,
                        .backoff = absl::Milliseconds(1),
                        .backoff_max = absl::Milliseconds(2)}};
  LoopServer server_{engine_.loop(),
                     [this](std::string_view) { return OnRequest(); }};

  uint64_t requests_ = 0;
  uint64_t started_ = 0;
  uint64_t ended_ = 0;
  uint64_t attempts_ = 0;
  std::map<gateway::v1::Verdict, uint64_t> verdicts_;
  testing::Notification done_;
};

TEST_F(SilentCloseTest, AsManyRequestsComeInAsAttemptsWereMade) {
  engine_.UseUpstream(server_.url());
  for (uint64_t i = 0; i < kAtATime; ++i) {
    engine_.loop().Post([this] { StartNext(); });
  }
  engine_.Start();
  done_.Wait();
  engine_.Stop();
  std::printf(
      "silent close: %lu changes over %lu connections, %lu closed without an "
      "answer; %lu applied, %lu unknown; %lu attempts, %lu requests came in\n",
      changes_, server_.connections(), requests_ / kClosedEvery,
      verdicts_[gateway::v1::VERDICT_APPLIED],
      verdicts_[gateway::v1::VERDICT_UNKNOWN], attempts_, requests_);
  EXPECT_EQ(requests_, attempts_);
  EXPECT_EQ(verdicts_[gateway::v1::VERDICT_APPLIED] +
                verdicts_[gateway::v1::VERDICT_UNKNOWN],
            changes_);
  EXPECT_GT(verdicts_[gateway::v1::VERDICT_UNKNOWN], 0u);
  // Most were made over a connection that had been used before.
  EXPECT_LT(server_.connections(), requests_ / 2);
}

}  // namespace
}  // namespace klarna::faults

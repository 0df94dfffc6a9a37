// SPDX-License-Identifier: Apache-2.0
//
// A thousand answers of one account's upstream come byte by byte and never to
// an end. The calls of another account are answered as ever.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "grpcpp/generic/generic_stub.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "service/runtime/system_clock.h"
#include "tests/end_to_end/gateway_under_test.h"
#include "tests/testing/notification.h"
#include "tests/testing/raw_http_server.h"

namespace klarna::testing {
namespace {

namespace st = ::klarna::settlements::v1;

constexpr char kService[] = "klarna.settlements.v1.SettlementsService";
constexpr size_t kTrickles = 1000;
constexpr size_t kStreamsOfAConnection = 500;
constexpr int kCalls = 300;

st::SubscribeRequest Read(const std::string& account) {
  st::SubscribeRequest request;
  request.mutable_options()->set_account(account);
  request.mutable_get_payout()->set_payment_reference("PAYOUT00001");
  return request;
}

// Calls whose answers do not come, each until it is left.
class HeldCalls {
 public:
  // At most one message would come, so the call may be made as a unary one.
  void Begin(const std::shared_ptr<grpc::Channel>& channel, size_t count) {
    stubs_.push_back(std::make_unique<Stub>(channel));
    for (size_t i = 0; i < count; ++i) {
      Call& call = *calls_.emplace_back(std::make_unique<Call>());
      call.request = Read("trickled");
      stubs_.back()->UnaryCall(
          &call.context, std::string("/") + kService + "/Subscribe", {},
          &call.request, &call.response, [this](const grpc::Status&) {
            if (++ended_ == calls_.size()) all_ended_.Notify();
          });
    }
  }
  size_t ended() const { return ended_; }

  void Leave() {
    for (const auto& call : calls_) call->context.TryCancel();
    all_ended_.Wait();
  }

 private:
  using Stub =
      grpc::TemplatedGenericStub<st::SubscribeRequest, st::SubscribeResponse>;
  struct Call {
    grpc::ClientContext context;
    st::SubscribeRequest request;
    st::SubscribeResponse response;
  };

  std::vector<std::unique_ptr<Stub>> stubs_;
  std::vector<std::unique_ptr<Call>> calls_;
  std::atomic<size_t> ended_ = 0;
  Notification all_ended_;
};

// Of the slowest but a hundredth, in milliseconds.
double TimesOf(const std::shared_ptr<grpc::Channel>& channel,
               const runtime::Clock& clock) {
  std::vector<double> times;
  for (int i = 0; i < kCalls; ++i) {
    const runtime::Instant begun = clock.Now();
    const auto result =
        Subscribe<st::SubscribeResponse>(channel, kService, Read("sandbox"));
    times.push_back(absl::ToDoubleMilliseconds(clock.Now() - begun));
    EXPECT_TRUE(result.status.ok()) << result.status.error_message();
    EXPECT_EQ(result.messages.size(), 1u);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() * 99 / 100];
}

TEST(TricklingUpstreamTest, AThousandAnswersWithoutAnEndDoNotHinderOthers) {
  const runtime::SystemClock clock;
  RawHttpServer trickling(std::vector<RawScript>(
      kTrickles, {ReadRequest(), Trickle("HTTP/1.1 200 OK\r\nX-Long: " +
                                             std::string(10'000, 'a'),
                                         absl::Milliseconds(250))}));
  const auto sandbox = StartSandbox(sandbox::SandboxOptions(), clock);
  GatewayUnderTest gateway(sandbox->url(), [&](config::Config& config) {
    config::Account other = config.accounts[0];
    other.name = other.merchant_key = "trickled";
    other.domains.clear();
    other.endpoint.base_uri = trickling.Url("");
    config.accounts.push_back(other);
    config.limits.max_concurrency = 2 * kTrickles;
  });
  const double before = TimesOf(gateway.channel(), clock);

  HeldCalls held;
  for (size_t i = 0; i < kTrickles; i += kStreamsOfAConnection) {
    held.Begin(gateway.Connect(), kStreamsOfAConnection);
  }
  trickling.WaitForRequests(kTrickles);
  const double beside = TimesOf(gateway.channel(), clock);
  EXPECT_EQ(held.ended(), 0u);
  std::printf("p99 alone %.1f ms, beside %zu trickling answers %.1f ms\n",
              before, kTrickles, beside);
  // A loop that waits for one of them would take a quarter of a second.
  EXPECT_LT(beside, before + 250);
  held.Leave();
}

}  // namespace
}  // namespace klarna::testing

// SPDX-License-Identifier: Apache-2.0
//
// More streams than anybody needs, and a list without an end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "service/sandbox/http_server.h"
#include "tests/attacks/attacked_gateway.h"
#include "tests/attacks/raw_http2.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::testing {
namespace {

using settlements::v1::SubscribeRequest;
using settlements::v1::SubscribeResponse;
using ::testing::Le;

constexpr char kSettlements[] = "klarna.settlements.v1.SettlementsService";

// Lists go on for ever, page by page; a payout takes ten minutes.
class EndlessUpstream {
 public:
  std::string url() const {
    return absl::StrCat("http://127.0.0.1:", server_->port());
  }
  int pages() const { return pages_; }

 private:
  sandbox::Answer Serve(const sandbox::Request& request) {
    sandbox::Answer answer;
    answer.headers = {{"Content-Type", "application/json"}};
    if (request.path.find("transactions") == std::string::npos) {
      answer.delay = absl::Minutes(10);
      return answer;
    }
    ++pages_;
    const size_t at = request.query.find("offset=");
    const int64_t offset = at == std::string::npos
                               ? 0
                               : std::atoll(request.query.c_str() + at + 7);
    // Pages that are alike would be a loop.
    std::string rows;
    for (int64_t i = offset; i < offset + 500; ++i) {
      absl::StrAppend(&rows, i > offset ? "," : "",
                      R"({"amount":1234,"capture_id":")", i,
                      R"(","type":"SALE"})");
    }
    answer.body = absl::StrCat(
        R"({"transactions":[)", rows,
        R"(],"pagination":{"count":500,"offset":)", offset,
        R"(,"next":"https://api.klarna.com/settlements/v1/transactions"}})");
    return answer;
  }

  std::atomic<int> pages_ = 0;
  std::unique_ptr<sandbox::HttpServer> server_ = *sandbox::HttpServer::Start(
      0, [this](const sandbox::Request& request) { return Serve(request); });
};

// gRPC holds those to it who have acknowledged its settings; those who never do
// are held to limits.max_streams alone.
TEST(UnboundedStreamsTest, OneConnectionHasAThousandAtMost) {
  constexpr uint32_t kOffered = 1500;
  constexpr int kMost = 1000;
  EndlessUpstream upstream;
  GatewayUnderTest gateway(upstream.url(), [](config::Config& config) {
    config::Account other = config.accounts[0];
    other.name = other.merchant_key = "other";
    config.accounts.push_back(other);
  });
  SubscribeRequest request;
  request.mutable_get_payout()->set_payment_reference("P1");
  const std::string message = request.SerializeAsString();
  RawConnection connection(gateway.port());
  connection.Send(kHttp2Preface + MakeFrame(Http2Frame::kSettings, 0, 0, ""));
  // The gateway's settings are there by then.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  connection.Send(MakeFrame(Http2Frame::kSettings, kAcknowledged, 0, ""));
  int most = 0;
  bool open = true;
  for (uint32_t i = 0; open && i < kOffered; ++i) {
    open =
        connection.Send(GrpcCall(2 * i + 1, AttackedGateway::kPath, message));
    most = std::max(most, gateway.server().streams());
  }
  const absl::Time end = absl::Now() + absl::Seconds(1);
  while (absl::Now() < end) {
    most = std::max(most, gateway.server().streams());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_THAT(most, Le(kMost));
  EXPECT_GE(most, kMost / 2);
  std::printf("%u streams offered on one connection: %d at most, then %d\n",
              kOffered, most, gateway.server().streams());

  SubscribeRequest list;
  list.mutable_options()->set_account("other");
  list.mutable_list_transactions();
  list.mutable_paging()->set_max_entities(500);
  const auto other =
      Subscribe<SubscribeResponse>(gateway.channel(), kSettlements, list);
  EXPECT_TRUE(other.status.ok()) << other.status.error_message();
}

TEST(UnboundedStreamsTest, AListWithoutAnEndHoldsLittleAndCanBeLeft) {
  EndlessUpstream upstream;
  AttackedGateway gateway("", "127.0.0.1:0", upstream.url());
  SubscribeRequest request;
  request.mutable_list_transactions();
  int64_t rows = 0;
  long early = 0;
  const grpc::Status status = ReadStream<SubscribeResponse>(
      gateway.gateway().Connect(), kSettlements, request,
      [&](const SubscribeResponse& message) {
        rows += message.transactions().transactions_size();
        if (rows < 50'000) early = gateway.Growth();
        return rows < 1'000'000;
      });
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED)
      << status.error_message();
  const long late = gateway.Growth();
  EXPECT_THAT(late, Le(early + 8));
  // Nothing goes on behind the caller's back.
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const int pages = upstream.pages();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_EQ(upstream.pages(), pages);
  std::printf("%lld rows of a list without an end: %ld MiB, then %ld MiB\n",
              static_cast<long long>(rows), early, late);
}

TEST(UnboundedStreamsTest, AListWithoutAnEndEndsAndGoesOnElsewhere) {
  EndlessUpstream upstream;
  const std::string settings = "limits: {stream_lifetime: 1s}\n";
  AttackedGateway first(settings, "127.0.0.1:0", upstream.url());
  AttackedGateway second(settings, "127.0.0.1:0", upstream.url());
  SubscribeRequest request;
  request.mutable_list_transactions();
  int64_t rows = 0;
  for (AttackedGateway* gateway : {&first, &second}) {
    const int64_t before = rows;
    const auto streamed = ReadStream<SubscribeResponse>(
        gateway->gateway().Connect(), kSettlements, request,
        [&](const SubscribeResponse& message) {
          EXPECT_EQ(message.batch().offset(), rows) << "a gap or a repeat";
          rows += message.transactions().transactions_size();
          request.mutable_paging()->set_resume_token(
              message.batch().resume_token());
          return true;
        });
    EXPECT_EQ(streamed.error_code(), grpc::StatusCode::UNAVAILABLE)
        << streamed.error_message();
    EXPECT_GT(rows, before);
  }
}

}  // namespace
}  // namespace klarna::testing

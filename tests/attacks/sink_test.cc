// SPDX-License-Identifier: Apache-2.0
//
// An upstream names another server wherever it can. That one, the sink, hears
// not a byte: whoever could have a request sent elsewhere would have the
// credentials.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "tests/end_to_end/gateway_under_test.h"
#include "tests/testing/raw_http_server.h"

namespace klarna::testing {
namespace {

namespace om = ::klarna::order_management::v1;
namespace st = ::klarna::settlements::v1;

// More than a call ever makes.
constexpr size_t kConnections = 20;

struct SinkCase {
  const char* name;
  int status;
  // Where SINK stands, the sink's URL is put.
  const char* headers;
  const char* body;
};

class SinkTest : public ::testing::TestWithParam<SinkCase> {
 protected:
  static std::vector<RawScript> Scripts(const std::string& sink) {
    const SinkCase& c = GetParam();
    const std::string body = absl::StrReplaceAll(c.body, {{"SINK", sink}});
    const std::string answer = absl::StrCat(
        "HTTP/1.1 ", c.status, " x\r\nContent-Length: ", body.size(), "\r\n",
        absl::StrReplaceAll(c.headers, {{"SINK", sink}}), "\r\n", body);
    return std::vector<RawScript>(kConnections, {ReadRequest(), Send(answer)});
  }

  void ExpectSilence() {
    EXPECT_GE(upstream_.RequestCount(), 1u);
    EXPECT_EQ(sink_.ConnectionCount(), 0u);
  }

  RawHttpServer sink_{std::vector<RawScript>()};
  RawHttpServer upstream_{Scripts(sink_.Url("/x"))};
  GatewayUnderTest gateway_{upstream_.Url(""), [](config::Config& config) {
                              config.limits.read_attempts = 2;
                              config.limits.read_backoff =
                                  absl::Milliseconds(1);
                            }};
};

TEST_P(SinkTest, HearsNothingOfAList) {
  st::SubscribeRequest request;
  request.mutable_list_payouts();
  Subscribe<st::SubscribeResponse>(
      gateway_.channel(), "klarna.settlements.v1.SettlementsService", request);
  ExpectSilence();
}

TEST_P(SinkTest, HearsNothingOfAnEntity) {
  om::SubscribeRequest request;
  request.mutable_get_order()->set_order_id("1");
  Subscribe<om::SubscribeResponse>(
      gateway_.channel(), "klarna.order_management.v1.OrderManagementService",
      request);
  ExpectSilence();
}

TEST_P(SinkTest, HearsNothingOfAFile) {
  st::SubscribeRequest request;
  request.mutable_get_payout_report()->set_payment_reference("1");
  Subscribe<st::SubscribeResponse>(
      gateway_.channel(), "klarna.settlements.v1.SettlementsService", request);
  ExpectSilence();
}

TEST_P(SinkTest, HearsNothingOfAChange) {
  om::PublishRequest request;
  request.set_request_id("sink");
  // Not before the gateway was there, though seconds have no parts.
  request.mutable_first_attempt_at()->set_seconds(
      absl::ToUnixSeconds(runtime::SystemClock().WallNow()) + 1);
  request.mutable_create_capture()->set_order_id("1");
  request.mutable_create_capture()->mutable_capture()->set_captured_amount(1);
  Publish<om::PublishResponse>(
      gateway_.channel(), "klarna.order_management.v1.OrderManagementService",
      request, absl::Seconds(2));
  ExpectSilence();
}

INSTANTIATE_TEST_SUITE_P(
    Upstream, SinkTest,
    ::testing::Values(
        SinkCase{"Next", 200, "",
                 R"({"payouts":[{"payment_reference":"1"}],"pagination":)"
                 R"({"count":1,"offset":0,"total":3,"next":"SINK"}})"},
        SinkCase{"LinkInTheBody", 200, "Capture-Id: 1\r\n",
                 R"({"order_id":"1","redirect_url":"SINK","payout":"SINK",)"
                 R"("_links":{"next":{"href":"SINK"}}})"},
        SinkCase{"LocationOfACreation", 201,
                 "Capture-Id: 1\r\nLocation: SINK\r\n", ""},
        SinkCase{"MovedPermanently", 301, "Location: SINK\r\n", ""},
        SinkCase{"Found", 302, "Location: SINK\r\n", ""},
        SinkCase{"SeeOther", 303, "Location: SINK\r\n", ""},
        SinkCase{"TemporaryRedirect", 307, "Location: SINK\r\n", ""},
        SinkCase{"PermanentRedirect", 308, "Location: SINK\r\n", ""},
        SinkCase{"UseProxy", 305, "Location: SINK\r\n", ""},
        SinkCase{"ProxyAuthentication", 407,
                 "Proxy-Authenticate: Basic realm=\"SINK\"\r\n", ""},
        SinkCase{"OtherHeaders", 200,
                 "Refresh: 0; url=SINK\r\nContent-Location: SINK\r\n"
                 "Link: <SINK>; rel=next\r\nAlt-Svc: http/1.1=\"SINK\"\r\n"
                 "Strict-Transport-Security: max-age=1\r\n"
                 "Set-Cookie: a=b; Domain=SINK\r\n",
                 R"({"payouts":[],"pagination":{"count":0,"total":0}})"}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace klarna::testing

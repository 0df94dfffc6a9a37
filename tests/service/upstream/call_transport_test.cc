// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/call_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "service/auth/shipping_digest.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::upstream {
namespace {

namespace om = ::klarna::order_management::v1;
using config::RequestLogging;
using http::TransferError;
using nlohmann::json;
using testing::Broken;
using testing::ScriptedAnswer;
using ::testing::SizeIs;
using testing::Whole;

constexpr char kOrders[] = "klarna.order_management.v1.OrderManagementService";
constexpr char kSettlements[] = "klarna.settlements.v1.SettlementsService";

class CallTransportTest : public ::testing::Test {
 protected:
  void Log(RequestLogging logging) {
    engine_.account().request_logging = logging;
  }

  void Answer(ScriptedAnswer answer) {
    engine_.transport().Answer(std::move(answer));
  }

  void ReadOrder() {
    om::SubscribeRequest request;
    request.mutable_get_order()->set_order_id("o1");
    engine_.Subscribe(kOrders, request.SerializeAsString());
  }

  std::shared_ptr<testing::PublishCaller> Capture() {
    om::PublishRequest request;
    // Of the executor's first moment.
    request.set_request_id("018bcfe5-6800-7000-8000-000000000001");
    request.mutable_create_capture()->set_order_id("o1");
    request.mutable_create_capture()->mutable_capture()->set_captured_amount(7);
    auto caller = engine_.Publish(kOrders, request.SerializeAsString());
    engine_.executor().RunUntilIdle();
    return caller;
  }

  // The lines of requests.
  std::vector<json> Lines() const {
    std::vector<json> lines;
    for (const std::string& line : engine_.log_lines()) {
      json parsed = json::parse(line);
      if (parsed["msg"] == "upstream request") lines.push_back(parsed);
    }
    return lines;
  }

  testing::EngineUnderTest engine_{1000, RetryPolicy()};
};

TEST_F(CallTransportTest, SaysNothingUnasked) {
  Answer(Whole(200, R"({"order_id":"o1"})"));
  ReadOrder();
  EXPECT_THAT(Lines(), SizeIs(0));
}

TEST_F(CallTransportTest, LeavesALineForARead) {
  Log(RequestLogging::kBodies);
  Answer(Whole(200, R"({"order_id":"o1","captured_amount":5})",
               {{"Content-Type", "application/json"},
                {"Set-Cookie", "a=b"},
                {"Klarna-Correlation-Id", "c1"}}));
  ReadOrder();
  ASSERT_THAT(Lines(), SizeIs(1));
  EXPECT_EQ(Lines()[0], json::parse(R"({
    "ts": "1970-01-01T00:00:00.000Z",
    "level": "info",
    "msg": "upstream request",
    "account": "shop",
    "klarna_operation": "order_management.get_order",
    "attempt": 1,
    "method": "GET",
    "url": "https://api.klarna.example/ordermanagement/v1/orders/o1",
    "status": 200,
    "duration_ms": 0,
    "correlation_id": "c1",
    "request_bytes": 0,
    "response_bytes": 37,
    "request_headers": {
      "Accept": "application/json",
      "Authorization": "[redacted]",
      "User-Agent": "klarna-gateway"
    },
    "response_headers": {
      "Content-Type": "application/json",
      "Set-Cookie": "[redacted]",
      "Klarna-Correlation-Id": "c1"
    },
    "response_body": {"order_id": "o1", "captured_amount": 5}
  })"));
}

TEST_F(CallTransportTest, HidesACredentialThatTheUpstreamEchoes) {
  const std::string credential =
      std::string(testing::EngineUnderTest::kAuthorization).substr(6);
  Log(RequestLogging::kBodies);
  Answer(Whole(200, R"({"order_id":")" + credential + R"("})",
               {{"Server", "proxy for " + credential},
                {"Klarna-Correlation-Id", credential}}));
  ReadOrder();
  ASSERT_THAT(Lines(), SizeIs(1));
  const json line = Lines()[0];
  EXPECT_EQ(line.dump().find(credential), std::string::npos) << line;
  EXPECT_EQ(line["response_headers"]["Server"], "proxy for [redacted]");
  EXPECT_EQ(line["response_body"]["order_id"], "[redacted]");
}

TEST_F(CallTransportTest, LeavesALineForAChange) {
  Log(RequestLogging::kBodies);
  Answer(Whole(201, "", {{"Capture-Id", "cap1"}}));
  Capture();
  ASSERT_THAT(Lines(), SizeIs(1));
  const json line = Lines()[0];
  EXPECT_EQ(line["method"], "POST");
  EXPECT_EQ(line["status"], 201);
  EXPECT_EQ(line["request_body"], json::parse(R"({"captured_amount":7})"));
  EXPECT_TRUE(line["request_headers"].contains("Klarna-Idempotency-Key"));
  EXPECT_NE(line["request_headers"]["Klarna-Idempotency-Key"], "[redacted]");
  EXPECT_EQ(line["response_headers"]["Capture-Id"], "cap1");
  EXPECT_FALSE(line.contains("response_body"));
}

TEST_F(CallTransportTest, LeavesBodiesOutUnlessAsked) {
  Log(RequestLogging::kHeaders);
  Answer(Whole(201, R"({"a":1})"));
  Capture();
  ASSERT_THAT(Lines(), SizeIs(1));
  EXPECT_TRUE(Lines()[0].contains("request_headers"));
  EXPECT_FALSE(Lines()[0].contains("request_body"));
  EXPECT_FALSE(Lines()[0].contains("response_body"));
  EXPECT_EQ(Lines()[0]["request_bytes"], 21);
  EXPECT_EQ(Lines()[0]["response_bytes"], 7);
}

TEST_F(CallTransportTest, CountsTheAttempts) {
  Log(RequestLogging::kHeaders);
  Answer(Broken(TransferError::kConnect, false));
  Answer(Whole(503, "<html>"));
  Answer(Whole(200, R"({"order_id":"o1"})"));
  ReadOrder();
  const std::vector<json> lines = Lines();
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[0]["attempt"], 1);
  EXPECT_EQ(lines[0]["error"],
            std::string(http::TransferErrorName(TransferError::kConnect)));
  EXPECT_FALSE(lines[0].contains("status"));
  EXPECT_FALSE(lines[0].contains("response_headers"));
  EXPECT_EQ(lines[1]["attempt"], 2);
  EXPECT_EQ(lines[1]["status"], 503);
  EXPECT_EQ(lines[2]["attempt"], 3);
  EXPECT_EQ(lines[2]["status"], 200);
}

TEST_F(CallTransportTest, ShowsWhatKlarnaRefuses) {
  Log(RequestLogging::kBodies);
  Answer(Whole(403, R"({"error_code":"CAPTURE_NOT_ALLOWED",)"
                    R"("error_messages":["too much"],"correlation_id":"c1",)"
                    R"("shopper":"a@b.example"})"));
  Capture();
  ASSERT_THAT(Lines(), SizeIs(1));
  EXPECT_EQ(Lines()[0]["response_body"],
            json::parse(R"({"error_code":"CAPTURE_NOT_ALLOWED",)"
                        R"("error_messages":["too much"],)"
                        R"("correlation_id":"c1","shopper":"[unknown]"})"));
}

TEST_F(CallTransportTest, ShowsOnlyTheSizeOfAFile) {
  Log(RequestLogging::kBodies);
  settlements::v1::SubscribeRequest request;
  request.mutable_get_payout_report()->set_payment_reference("p1");
  Answer(Whole(200, R"({"order_id":"o1"})", {{"Content-Type", "text/csv"}}));
  engine_.Subscribe(kSettlements, request.SerializeAsString());
  ASSERT_THAT(Lines(), SizeIs(1));
  EXPECT_EQ(Lines()[0]["response_bytes"], 17);
  EXPECT_FALSE(Lines()[0].contains("response_body"));
}

TEST_F(CallTransportTest, SaysThatABodyIsCut) {
  Log(RequestLogging::kBodies);
  settlements::v1::SubscribeRequest request;
  request.mutable_list_transactions();
  std::string body = R"({"transactions":[)";
  for (int i = 0; i < 1000; ++i) {
    absl::StrAppend(&body, i > 0 ? "," : "",
                    R"({"type":"SALE","amount":100,"order_id":"o1"})");
  }
  body += R"(],"pagination":{"count":1000,"total":1000,"offset":0}})";
  Answer(Whole(200, body));
  engine_.Subscribe(kSettlements, request.SerializeAsString());
  ASSERT_THAT(Lines(), SizeIs(1));
  EXPECT_EQ(Lines()[0]["response_bytes"], body.size());
  EXPECT_EQ(Lines()[0]["response_body_cut"], true);
  EXPECT_GT(Lines()[0]["response_body"]["transactions"].size(), 100u);
  EXPECT_EQ(Lines()[0]["response_body"]["transactions"][0]["amount"], 100);
}

TEST_F(CallTransportTest, SaysThatARequestWasAbandoned) {
  Log(RequestLogging::kBodies);
  om::SubscribeRequest request;
  request.mutable_get_order()->set_order_id("o1");
  engine_.Subscribe(kOrders, request.SerializeAsString());
  // No answer comes, so the call is destroyed with its request on the wire.
  ASSERT_THAT(Lines(), SizeIs(1));
  EXPECT_EQ(Lines()[0]["error"], "abandoned");
}

TEST_F(CallTransportTest, ShowsOnlyTheSizeOfATokensBodies) {
  Log(RequestLogging::kBodies);
  engine_.UseCredentials(std::make_shared<auth::ShippingDigestCredentials>(
      "shop", auth::Secret("key")));
  Answer(Whole(200, R"({"token":"t1"})"));
  Answer(Whole(200, R"({"order_id":"o1"})"));
  ReadOrder();
  ASSERT_THAT(Lines(), SizeIs(2));
  const json token = Lines()[0];
  EXPECT_EQ(token["klarna_operation"], "token");
  EXPECT_EQ(token["account"], "shop");
  EXPECT_EQ(token["url"], "https://api.klarna.example/auth");
  EXPECT_EQ(token["status"], 200);
  EXPECT_GT(token["request_bytes"], 0);
  EXPECT_EQ(token["response_bytes"], 14);
  EXPECT_FALSE(token.contains("request_body"));
  EXPECT_FALSE(token.contains("response_body"));
  EXPECT_EQ(Lines()[1]["request_headers"]["Authorization"], "[redacted]");
}

}  // namespace
}  // namespace klarna::upstream

// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/service/sandbox/world.h"

namespace klarna::sandbox {
namespace {

using ::testing::HasSubstr;

constexpr char kPayout[] = "/settlements/v1/payouts/PAYOUT00001";

TEST(FaultScriptTest, MeetsTheRequestsItIsFor) {
  FaultScript script;
  script.Add({.operation = "a.x", .skip = 1, .times = 2, .status = 500});
  script.Add({.path_prefix = "/p/", .status = 503});
  EXPECT_FALSE(script.Next("a.y", "/q"));
  EXPECT_FALSE(script.Next("a.x", "/q"));  // Skipped.
  EXPECT_EQ(script.Next("a.x", "/q")->status, 500);
  EXPECT_EQ(script.Next("a.y", "/p/1")->status, 503);
  EXPECT_EQ(script.Next("a.x", "/q")->status, 500);
  EXPECT_FALSE(script.Next("a.x", "/q"));
  EXPECT_EQ(script.pending(), 0u);
}

TEST(FaultTest, LosesTheAnswerOfWhatWasDone) {
  World world;
  const std::string order = world.NewOrder();
  const std::string path =
      absl::StrCat("/ordermanagement/v1/orders/", order, "/captures");
  world.klarna.faults().Add({.operation = "order_management.captureOrder",
                             .executed = true,
                             .delivery = Delivery::kReset});
  const Answer lost = world.Post(path, R"({"captured_amount":5})");
  EXPECT_EQ(lost.delivery, Delivery::kReset);
  EXPECT_EQ(world.klarna.ledger().entries().back().amount, 5);
}

TEST(FaultTest, DoesNothingWhereNothingIsExecuted) {
  World world;
  const std::string order = world.NewOrder();
  const size_t effects = world.klarna.ledger().entries().size();
  const std::string path =
      absl::StrCat("/ordermanagement/v1/orders/", order, "/captures");
  world.klarna.faults().Add({.executed = false, .status = 503});
  world.klarna.faults().Add({.executed = false, .delivery = Delivery::kNone});
  EXPECT_EQ(world.Post(path, R"({"captured_amount":5})").status, 503);
  EXPECT_EQ(world.Post(path, R"({"captured_amount":5})").delivery,
            Delivery::kNone);
  EXPECT_EQ(world.klarna.ledger().entries().size(), effects);
}

TEST(FaultTest, AKeyedRequestGetsItsTrueAnswerAfterAFault) {
  World world;
  const std::string order = world.NewOrder();
  const std::string path =
      absl::StrCat("/ordermanagement/v1/orders/", order, "/captures");
  const std::vector<Header> key = {{"Klarna-Idempotency-Key", "k"}};
  world.klarna.faults().Add({.executed = true, .status = 500});
  EXPECT_EQ(world.Post(path, R"({"captured_amount":5})", key).status, 500);
  EXPECT_EQ(world.Post(path, R"({"captured_amount":5})", key).status, 201);
  EXPECT_EQ(world.Read(absl::StrCat("/ordermanagement/v1/orders/",
                                    order))["captured_amount"],
            5);
}

TEST(FaultTest, AnswersStatusesInTheFormOfTheDomain) {
  struct Case {
    const char* target;
    int status;
    const char* body;
  };
  for (const Case& c : {
           Case{"/ordermanagement/v1/orders/x", 500, "UNEXPECTED_ERROR"},
           Case{"/ordermanagement/v1/orders/x", 503, "TEMPORARILY_UNAVAILABLE"},
           Case{kPayout, 500, "INTERNAL_SERVER_ERROR"},
           Case{kPayout, 401, "401 Authorization Required"},
           Case{"/v4/payment/disputes", 409, "RESOURCE_CONFLICT"},
       }) {
    World world;
    world.klarna.faults().Add({.status = c.status});
    const Answer answer = world.Get(c.target);
    EXPECT_EQ(answer.status, c.status);
    EXPECT_THAT(answer.body, HasSubstr(c.body));
  }
  World world;
  world.klarna.faults().Add(
      {.status = 302, .headers = {{"Location", "http://example.com/"}}});
  const Answer redirect = world.Get(kPayout);
  EXPECT_EQ(redirect.status, 302);
  EXPECT_EQ(redirect.body, "");
  EXPECT_EQ(HeaderOf(redirect, "Location"), "http://example.com/");
}

TEST(FaultTest, SpoilsBodies) {
  struct Case {
    BodyFault fault;
    std::string body;
    std::string type;
  };
  for (const Case& c : {
           Case{BodyFault::kNone, R"({"a":1})", "application/json"},
           Case{BodyFault::kEmpty, "", "application/json"},
           Case{BodyFault::kWrongType, R"({"a":1})", "text/plain"},
           Case{BodyFault::kDuplicateKeys, R"({"a":null,"a":1})",
                "application/json"},
           Case{BodyFault::kCutJson, R"({"a)", "application/json"},
           Case{BodyFault::kNotUtf8,
                "{\"\xff"
                "a\":1}",
                "application/json"},
       }) {
    Answer answer;
    answer.headers = {{"content-type", "application/json"}};
    answer.body = R"({"a":1})";
    Spoil({.body = c.fault}, &answer);
    EXPECT_EQ(answer.body, c.body);
    EXPECT_EQ(HeaderOf(answer, "Content-Type"), c.type);
  }
  World world;
  world.klarna.faults().Add({.body = BodyFault::kHtml});
  const Answer html = world.Get(kPayout);
  EXPECT_EQ(html.status, 200);
  EXPECT_EQ(HeaderOf(html, "Content-Type"), "text/html");
}

TEST(FaultTest, AddsItsDelayToTheLatency) {
  SandboxOptions options;
  options.latency = absl::Milliseconds(50);
  World world(options);
  EXPECT_EQ(world.Get(kPayout).delay, absl::Milliseconds(50));
  world.klarna.faults().Add({.delay = absl::Seconds(58)});
  EXPECT_EQ(world.Get(kPayout).delay, absl::Milliseconds(58050));
}

TEST(ParseFaultTest, ReadsEveryMember) {
  const auto fault = ParseFault(R"({
      "operation": "payments.createOrder", "path_prefix": "/payments/",
      "skip": 1, "times": 3, "executed": false, "status": 503,
      "delivery": "truncated", "body": "html", "page": "repeat",
      "delay_ms": 20, "headers": {"Retry-After": "3"}})");
  ASSERT_TRUE(fault.ok()) << fault.status();
  EXPECT_EQ(fault->operation, "payments.createOrder");
  EXPECT_EQ(fault->path_prefix, "/payments/");
  EXPECT_EQ(fault->skip, 1);
  EXPECT_EQ(fault->times, 3);
  EXPECT_FALSE(fault->executed);
  EXPECT_EQ(fault->status, 503);
  EXPECT_EQ(fault->delivery, Delivery::kTruncated);
  EXPECT_EQ(fault->body, BodyFault::kHtml);
  EXPECT_EQ(fault->page, PageFault::kRepeat);
  EXPECT_EQ(fault->delay, absl::Milliseconds(20));
  EXPECT_EQ(fault->headers[0].value, "3");
}

TEST(ParseFaultTest, RefusesWhatItDoesNotKnow) {
  for (const char* text :
       {"", "[]", R"({"operaton":"x"})", R"({"delivery":"lost"})",
        R"({"status":"503"})", R"({"executed":1})", R"({"page":3})",
        R"({"executed":false})"}) {
    EXPECT_EQ(ParseFault(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

}  // namespace
}  // namespace klarna::sandbox

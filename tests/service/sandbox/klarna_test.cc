// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/klarna.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/service/sandbox/world.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(KlarnaTest, TakesUserAndPasswordOrTheKeyAlone) {
  World world;
  struct Case {
    const char* authorization;
    int status;
  };
  for (const Case& c : {
           Case{"Basic c2FuZGJveDpzYW5kYm94", 200},  // sandbox:sandbox
           Case{"Basic klarna_test_api_sandbox", 200},
           Case{"Basic c2FuZGJveDp3cm9uZw==", 401},  // sandbox:wrong
           Case{"Basic klarna_test_api_other", 401},
           Case{"Bearer klarna_test_api_sandbox", 401},
           Case{"", 401},
       }) {
    EXPECT_EQ(world
                  .Get("/settlements/v1/payouts",
                       {{"Authorization", c.authorization}})
                  .status,
              c.status)
        << c.authorization;
  }
}

TEST(KlarnaTest, Answers401AsNginxAndDisputesAsJson) {
  World world;
  const std::vector<Header> wrong = {{"Authorization", "Basic x"}};
  const Answer nginx = world.Get("/payments/v1/sessions/x", wrong);
  EXPECT_EQ(nginx.status, 401);
  EXPECT_EQ(HeaderOf(nginx, "Content-Type"), "text/html");
  EXPECT_EQ(HeaderOf(nginx, "Www-Authenticate"),
            "Basic realm=\"very closed site\"");
  EXPECT_EQ(HeaderOf(nginx, "Klarna-Correlation-Id"), "");
  EXPECT_THAT(nginx.body, StartsWith("<html>"));

  const Answer disputes = world.Get("/v4/payment/disputes", wrong);
  EXPECT_EQ(disputes.status, 401);
  EXPECT_EQ(JsonOf(disputes)["error_code"], "UNAUTHORIZED");
  EXPECT_EQ(JsonOf(disputes)["error_type"], "ACCESS_ERROR");
}

TEST(KlarnaTest, EveryAnswerOfAServiceHasItsOwnCorrelationId) {
  World world;
  std::set<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.insert(HeaderOf(world.Get("/settlements/v1/payouts"),
                        "Klarna-Correlation-Id"));
  }
  EXPECT_EQ(ids.size(), 3u);
  const Answer error = world.Get("/ordermanagement/v1/orders/none");
  EXPECT_EQ(JsonOf(error)["correlation_id"],
            HeaderOf(error, "Klarna-Correlation-Id"));
}

TEST(KlarnaTest, RefusesUnknownPathsInTheFormOfTheirDomain) {
  World world;
  struct Case {
    const char* path;
    int status;
    const char* content_type;
    const char* body;
  };
  for (const Case& c : {
           Case{"/ordermanagement/v1/orders/", 404, "application/json",
                "\"path\":\"/merchants/M100042/orders/\""},
           Case{"/ordermanagement/v1/nothing", 404, "application/json",
                "\"error\":\"Not Found\""},
           Case{"/v4/payment/nothing", 403, "application/json",
                "OPERATION_FORBIDDEN"},
           Case{"/settlements/v2/payouts", 404, "", ""},
           Case{"/checkout/v3/orders/a/b/c", 404, "", ""},
           Case{"/", 404, "text/html", "404 Not Found"},
           Case{"/nothing", 404, "text/html", "404 Not Found"},
       }) {
    const Answer answer = world.Get(c.path);
    EXPECT_EQ(answer.status, c.status) << c.path;
    EXPECT_EQ(HeaderOf(answer, "Content-Type"), c.content_type) << c.path;
    EXPECT_THAT(answer.body, HasSubstr(c.body)) << c.path;
  }
}

TEST(KlarnaTest, RefusesAnotherMethodWith405) {
  World world;
  const Answer answer = world.Send("DELETE", "/settlements/v1/payouts");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(HeaderOf(answer, "Allow"), "GET");
  EXPECT_EQ(world.Send("PUT", "/ordermanagement/v1/orders/x/cancel").status,
            405);
}

TEST(KlarnaTest, TakesDoubledAndTrailingSlashesAsKlarnaDoes) {
  World world;
  EXPECT_EQ(world.Post("//payments/v1/sessions", OrderBody(100)).status, 200);
  EXPECT_EQ(world.Post("/payments/v1/sessions/", OrderBody(100)).status, 200);
}

TEST(KlarnaTest, RefusesOddCharactersInOrderIdsAsTomcat) {
  World world;
  const Answer answer =
      world.Post("/ordermanagement/v1/orders/%7B%7D/cancel", "");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(HeaderOf(answer, "Content-Type"), "text/html;charset=utf-8");
  EXPECT_THAT(answer.body, HasSubstr("HTTP Status 400 – Bad Request"));
}

TEST(KlarnaTest, RefusesTheWrongContentType) {
  World world;
  const std::vector<Header> form = {
      {"Content-Type", "application/x-www-form-urlencoded"}};
  EXPECT_EQ(world.Post("/payments/v1/sessions", "{}", form).status, 415);
  const Answer order_management =
      world.Post("/ordermanagement/v1/orders/x/captures", "{}", form);
  EXPECT_EQ(order_management.status, 415);
  EXPECT_EQ(JsonOf(order_management)["error"], "Unsupported Media Type");
  const Answer disputes =
      world.Post("/v4/payment/disputes/x/appeal", "{}", form);
  EXPECT_EQ(disputes.status, 400);
  EXPECT_EQ(JsonOf(disputes)["error_code"], "INVALID_CONTENT_TYPE");
  EXPECT_EQ(world
                .Post("/payments/v1/sessions", OrderBody(100),
                      {{"Content-Type", "application/json; charset=utf-8"}})
                .status,
            200);
}

TEST(KlarnaTest, RefusesBodiesInTheFormOfTheirDomain) {
  World world;
  const std::string order = world.Id("order, authorized");
  const std::string capture =
      absl::StrCat("/ordermanagement/v1/orders/", order, "/captures");
  struct Case {
    std::string target;
    std::string body;
    int status;
    std::string error;
  };
  for (const Case& c : {
           Case{"/payments/v1/sessions", "{}", 400,
                "BAD_VALUE: Bad value: purchase_country, purchase_currency, "
                "order_amount, order_lines"},
           Case{"/payments/v1/sessions", "{", 400, "BAD_REQUEST: "},
           Case{"/payments/v1/sessions", "[]", 400, "BAD_REQUEST: "},
           Case{"/checkout/v3/orders", R"({"purchase_country":[]})", 400,
                "BAD_VALUE: Bad value: purchase_country"},
           Case{"/hpp/v1/sessions", "{}", 400,
                "BAD_VALUE: Bad value: payment_session_url"},
           Case{capture, "{}", 422,
                "UNPROCESSABLE_ENTITY: 'captured_amount' must not be null"},
           Case{capture, R"({"captured_amount":"1"})", 422,
                "UNPROCESSABLE_ENTITY: 'captured_amount' has an invalid"},
           Case{capture, R"({"captured_amount":200000001})", 422,
                "UNPROCESSABLE_ENTITY: 'captured_amount' must be between"},
           Case{capture,
                absl::StrCat(R"({"captured_amount":1,"reference":")",
                             std::string(256, 'x'), "\"}"),
                422,
                "UNPROCESSABLE_ENTITY: The size of thereferencevalue must be "
                "between 0 and 255"},
           Case{capture, "nonsense", 422, "UNPROCESSABLE_ENTITY: "},
           Case{capture, std::string(1000001, ' '), 413, "REQUEST_TOO_LARGE: "},
           Case{"/v4/payment/disputes/partners/p/enroll", "{}", 400,
                "VALIDATION_ERROR: "},
       }) {
    const Answer answer = world.Post(c.target, c.body);
    EXPECT_EQ(answer.status, c.status) << c.target << c.body.substr(0, 80);
    EXPECT_THAT(ErrorOf(answer), StartsWith(c.error)) << c.target;
  }
  EXPECT_TRUE(world.klarna.ledger().entries().empty());
}

TEST(KlarnaTest, RefusesABodyThatIsNestedWithoutEnd) {
  World world;
  for (const std::string& body :
       {std::string(500000, '['), "{\"a\":" + std::string(100, '[')}) {
    EXPECT_EQ(world.Post("/payments/v1/sessions", body).status, 400);
  }
}

TEST(KlarnaTest, RefusesQueriesThatDoNotFit) {
  World world;
  struct Case {
    const char* target;
    int status;
  };
  for (const Case& c : {
           Case{"/settlements/v1/payouts?size=500", 200},
           Case{"/settlements/v1/payouts?size=501", 400},
           Case{"/settlements/v1/payouts?size=0", 400},
           Case{"/settlements/v1/payouts?size=ten", 400},
           Case{"/settlements/v1/payouts?offset=-1", 400},
           Case{"/settlements/v1/payouts?offset=1&offset=2", 400},
           Case{"/settlements/v1/payouts?start_date=soon", 400},
           Case{"/settlements/v1/payouts?unknown=1", 200},
           Case{"/settlements/v1/payouts/summary", 400},
           Case{"/settlements/v1/payouts/summary?start_date=2025-01-01", 400},
           Case{"/settlements/v1/reports/payout", 400},
           Case{"/v4/payment/disputes?state=OPEN", 400},
           Case{"/v4/payment/disputes?state=CLOSED&state=INITIATED", 200},
           Case{"/v4/payment/disputes?starting_after=none", 400},
       }) {
    EXPECT_EQ(world.Get(c.target).status, c.status) << c.target;
  }
}

TEST(KlarnaTest, LimitsRatesWhereAsked) {
  SandboxOptions options;
  options.rate_limits = RateLimits::kPlayground;
  World world(options);
  for (int i = 0; i < 5; ++i) {
    const Answer answer = world.Post("/payments/v1/sessions", OrderBody(100));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(HeaderOf(answer, "X-Ratelimit-Remaining"), absl::StrCat(4 - i));
  }
  const Answer refused = world.Post("/payments/v1/sessions", OrderBody(100));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.body, "");
  EXPECT_EQ(HeaderOf(refused, "Content-Type"), "");
  EXPECT_EQ(HeaderOf(refused, "Klarna-Correlation-Id"), "");
  EXPECT_EQ(HeaderOf(refused, "X-Ratelimit-Limit"), "5, 5;w=1");
  EXPECT_EQ(world.klarna.ledger().entries().size(), 5u);
  world.clock.Advance(absl::Seconds(1));
  EXPECT_EQ(world.Post("/payments/v1/sessions", OrderBody(100)).status, 200);
}

TEST(KlarnaTest, TheSameSeedAndRequestsGiveTheSameAnswers) {
  World one;
  World other;
  for (World* world : {&one, &other}) world->NewOrder();
  EXPECT_EQ(one.Get("/v4/payment/disputes").body,
            other.Get("/v4/payment/disputes").body);
  EXPECT_EQ(one.klarna.ledger().entries().back().resource,
            other.klarna.ledger().entries().back().resource);
  SandboxOptions options;
  options.seed = 2;
  World third(options);
  EXPECT_NE(one.Id("order, authorized"), third.Id("order, authorized"));
}

TEST(KlarnaTest, SurvivesAnyBytes) {
  World world;
  uint64_t state = 1;
  const char* methods[] = {"GET", "POST", "PATCH", "DELETE", "PUT", ""};
  for (int i = 0; i < 20000; ++i) {
    std::string bytes;
    for (int n = 0; n < 24; ++n) {
      state = Scatter(state + 1);
      bytes.push_back(static_cast<char>(state >> 32));
    }
    const Operation& operation =
        ApiDescription::operations()[state %
                                     ApiDescription::operations().size()];
    std::string target(operation.path);
    const size_t brace = target.find('{');
    if (brace != std::string::npos) {
      target.replace(brace, target.find('}') - brace + 1, bytes.substr(0, 5));
    }
    absl::StrAppend(&target, "?", bytes.substr(5, 9));
    const Answer answer = world.Send(
        i % 3 == 0 ? methods[state % 6] : std::string(operation.method), target,
        i % 2 == 0 ? bytes.substr(14) : "{\"order_id\":" + bytes);
    ASSERT_GE(answer.status, 200);
    ASSERT_LT(answer.status, 500) << target;
  }
}

}  // namespace
}  // namespace klarna::sandbox

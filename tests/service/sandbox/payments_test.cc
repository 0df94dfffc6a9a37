// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/payments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/service/sandbox/world.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kSessions[] = "/payments/v1/sessions";

std::string NewSession(World& world) {
  return JsonOf(world.Post(kSessions, OrderBody(10000)))["session_id"];
}

std::string NewToken(World& world) {
  return *world.klarna.AuthorizeSession(NewSession(world));
}

std::string OrderPath(absl::string_view token) {
  return absl::StrCat("/payments/v1/authorizations/", token, "/order");
}

TEST(PaymentsTest, CreatesAndReadsASession) {
  World world;
  const Answer created = world.Post(kSessions, OrderBody(10000));
  EXPECT_EQ(created.status, 200);
  EXPECT_EQ(HeaderOf(created, "Content-Type"),
            "application/json;charset=utf-8");
  EXPECT_THAT(created.body, StartsWith("{\n  \"client_token\" : \"ey"));
  EXPECT_TRUE(JsonOf(created).contains("descriptor"));
  const json session = world.Read(absl::StrCat(
      kSessions, "/", JsonOf(created)["session_id"].get<std::string>()));
  EXPECT_EQ(session["status"], "incomplete");
  EXPECT_EQ(session["order_amount"], 10000);
  EXPECT_EQ(session["purchase_country"], "SE");
}

TEST(PaymentsTest, UpdatesOnlyWhatIsThere) {
  World world;
  const std::string path = absl::StrCat(kSessions, "/", NewSession(world));
  const Answer updated =
      world.Post(path, R"({"merchant_reference1":"R","locale":null})");
  EXPECT_EQ(updated.status, 204);
  EXPECT_EQ(HeaderOf(updated, "Content-Type"), "");
  EXPECT_EQ(world.Post(path, "{}").status, 204);
  const json session = world.Read(path);
  EXPECT_EQ(session["merchant_reference1"], "R");
  EXPECT_EQ(session["order_amount"], 10000);
}

TEST(PaymentsTest, RefusesAmountsThatDoNotAddUp) {
  World world;
  json body = json::parse(OrderBody(10000));
  body["order_amount"] = 9999;
  EXPECT_EQ(ErrorOf(world.Post(kSessions, body.dump())),
            "BAD_VALUE: Bad value: order_amount");
}

TEST(PaymentsTest, ASessionExpiresAfter48Hours) {
  World world;
  const std::string path = absl::StrCat(kSessions, "/", NewSession(world));
  world.clock.Advance(absl::Hours(48));
  EXPECT_EQ(ErrorOf(world.Get(path)), "NOT_FOUND: Invalid session id");
}

TEST(PaymentsTest, AnAuthorizationPlacesOneOrderHoweverOften) {
  World world;
  const std::string session = NewSession(world);
  const std::string token = *world.klarna.AuthorizeSession(session);
  const Answer first = world.Post(OrderPath(token), OrderBody(10000));
  EXPECT_EQ(first.status, 200);
  const size_t effects = world.klarna.ledger().entries().size();
  const Answer again = world.Post(OrderPath(token), OrderBody(10000));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(JsonOf(again)["order_id"], JsonOf(first)["order_id"]);
  EXPECT_EQ(world.klarna.ledger().entries().size(), effects);
  EXPECT_EQ(world.Read(absl::StrCat(kSessions, "/", session))["status"],
            "complete");
  const json order =
      world.Read(absl::StrCat("/ordermanagement/v1/orders/",
                              JsonOf(first)["order_id"].get<std::string>()));
  EXPECT_EQ(order["status"], "AUTHORIZED");
  EXPECT_EQ(order["order_amount"], 10000);
}

TEST(PaymentsTest, AnotherBodyAfterTheOrderIsAConflict) {
  World world;
  const std::string token = NewToken(world);
  world.Post(OrderPath(token), OrderBody(10000));
  json body = json::parse(OrderBody(10000));
  body["merchant_reference1"] = "other";
  const Answer other = world.Post(OrderPath(token), body.dump());
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(ErrorOf(other),
            "BAD_VALUE: The order has been already completed with different "
            "request body");
  EXPECT_EQ(ErrorOf(world.Post(OrderPath(token), "{}")),
            "BAD_VALUE: Bad value: purchase_country, order_amount, "
            "order_lines, purchase_currency");
}

TEST(PaymentsTest, AFailedOrderStaysFailedForItsToken) {
  World world;
  const std::string token = NewToken(world);
  const Answer mismatch = world.Post(OrderPath(token), OrderBody(9000));
  EXPECT_EQ(mismatch.status, 409);
  EXPECT_EQ(ErrorOf(mismatch),
            "BAD_VALUE: Not matching fields: [order_amount]");
  EXPECT_EQ(world.Post(OrderPath(token), OrderBody(10000)).status, 409);
}

TEST(PaymentsTest, AnAuthorizationExpiresAfterAnHour) {
  World world;
  const std::string token = NewToken(world);
  world.clock.Advance(absl::Minutes(60));
  const Answer answer = world.Post(OrderPath(token), OrderBody(10000));
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(ErrorOf(answer), "NOT_FOUND: Invalid authorization token");
}

TEST(PaymentsTest, CancelsAnAuthorizationThatWasNotUsed) {
  World world;
  const std::string token = NewToken(world);
  const std::string path = absl::StrCat("/payments/v1/authorizations/", token);
  EXPECT_EQ(world.Send("DELETE", path).status, 204);
  const Answer again = world.Send("DELETE", path);
  EXPECT_EQ(again.status, 404);
  EXPECT_EQ(ErrorOf(again), "NOT_FOUND: Authorization cannot be deleted");

  const std::string used = NewToken(world);
  world.Post(OrderPath(used), OrderBody(10000));
  EXPECT_EQ(
      world.Send("DELETE", absl::StrCat("/payments/v1/authorizations/", used))
          .status,
      403);
}

TEST(PaymentsTest, CapturesAtOnceWhereAsked) {
  World world;
  const std::string token = NewToken(world);
  json body = json::parse(OrderBody(10000));
  body["auto_capture"] = true;
  const std::string order =
      JsonOf(world.Post(OrderPath(token), body.dump()))["order_id"];
  const json read =
      world.Read(absl::StrCat("/ordermanagement/v1/orders/", order));
  EXPECT_EQ(read["status"], "CAPTURED");
  EXPECT_EQ(read["captures"][0]["captured_amount"], 10000);
}

TEST(PaymentsTest, MakesACustomerTokenThatCanBeCharged) {
  World world;
  const std::string token = NewToken(world);
  const std::string path =
      absl::StrCat("/payments/v1/authorizations/", token, "/customer-token");
  const std::string body =
      R"({"description":"d","intended_use":"subscription","locale":"sv-SE",
          "purchase_country":"SE","purchase_currency":"SEK"})";
  const std::string customer = JsonOf(world.Post(path, body))["token_id"];
  EXPECT_EQ(world.Post(path, body).status, 403);
  EXPECT_EQ(world.Read("/customer-token/v1/tokens/" + customer)["status"],
            "ACTIVE");
  const Answer charge =
      world.Post(absl::StrCat("/customer-token/v1/tokens/", customer, "/order"),
                 OrderBody(500));
  EXPECT_EQ(charge.status, 200);
  EXPECT_FALSE(JsonOf(charge).contains("redirect_url"));
  EXPECT_EQ(world.Read(absl::StrCat(
                "/ordermanagement/v1/orders/",
                JsonOf(charge)["order_id"].get<std::string>()))["order_amount"],
            500);
}

TEST(PaymentsTest, NamesUnknownSessions) {
  World world;
  for (const Answer& answer : {world.Get("/payments/v1/sessions/x"),
                               world.Post("/payments/v1/sessions/x", "{}")}) {
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(ErrorOf(answer), "NOT_FOUND: Invalid session id");
    EXPECT_THAT(answer.body, HasSubstr("\"error_code\" : \"NOT_FOUND\""));
  }
  EXPECT_FALSE(world.klarna.AuthorizeSession("x"));
}

}  // namespace
}  // namespace klarna::sandbox

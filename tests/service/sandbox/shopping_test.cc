// SPDX-License-Identifier: Apache-2.0
// Checkout orders, hosted pages and customer tokens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/service/sandbox/world.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr char kOrders[] = "/checkout/v3/orders";

std::string PathOf(const char* base, absl::string_view id,
                   const char* rest = "") {
  return absl::StrCat(base, "/", id, rest);
}

TEST(CheckoutTest, CreatesUpdatesAndCompletesAnOrder) {
  World world;
  const Answer created = world.Post(kOrders, OrderBody(10000));
  EXPECT_EQ(created.status, 201);
  const std::string id = JsonOf(created)["order_id"];
  EXPECT_THAT(HeaderOf(created, "Location"), EndsWith(PathOf(kOrders, id)));
  EXPECT_EQ(JsonOf(created)["status"], "checkout_incomplete");
  EXPECT_EQ(JsonOf(created)["purchase_country"], "se");
  EXPECT_EQ(JsonOf(created)["purchase_currency"], "SEK");
  EXPECT_THAT(JsonOf(created)["html_snippet"].get<std::string>(),
              HasSubstr("<![CDATA["));

  const Answer updated =
      world.Post(PathOf(kOrders, id), R"({"merchant_reference1":"R"})");
  EXPECT_EQ(updated.status, 200);
  EXPECT_EQ(JsonOf(updated)["merchant_reference1"], "R");
  EXPECT_EQ(JsonOf(updated)["order_amount"], 10000);

  EXPECT_TRUE(world.klarna.CompleteCheckout(id));
  EXPECT_FALSE(world.klarna.CompleteCheckout(id));
  const json complete = world.Read(PathOf(kOrders, id));
  EXPECT_EQ(complete["status"], "checkout_complete");
  EXPECT_EQ(complete["billing_address"]["country"], "se");
  const json order = world.Read(PathOf("/ordermanagement/v1/orders", id));
  EXPECT_EQ(order["status"], "AUTHORIZED");
  EXPECT_EQ(order["merchant_reference1"], "R");
}

TEST(CheckoutTest, ACompletedOrderIsReadOnly) {
  World world;
  const std::string id = world.Id("checkout order, completed");
  for (const char* rest : {"", "/abort"}) {
    const Answer answer = world.Post(PathOf(kOrders, id, rest), "{}");
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(JsonOf(answer)["error_code"], "READ_ONLY_ORDER");
  }
}

TEST(CheckoutTest, AnExpiredOrUnknownOrderIs404WithoutABody) {
  World world;
  for (const std::string& id :
       {world.Id("checkout order, expired"), std::string("unknown")}) {
    for (const Answer& answer : {world.Get(PathOf(kOrders, id)),
                                 world.Post(PathOf(kOrders, id), "{}")}) {
      EXPECT_EQ(answer.status, 404);
      EXPECT_EQ(answer.body, "");
      EXPECT_EQ(HeaderOf(answer, "Content-Type"), "");
    }
  }
}

TEST(CheckoutTest, AnOrderExpires48HoursAfterItsLastUpdate) {
  World world;
  const std::string path = PathOf(kOrders, world.Id("checkout order"));
  world.clock.Advance(absl::Hours(47));
  EXPECT_EQ(world.Post(path, "{}").status, 200);
  world.clock.Advance(absl::Hours(47));
  EXPECT_EQ(world.Get(path).status, 200);
  world.clock.Advance(absl::Hours(1));
  EXPECT_EQ(world.Get(path).status, 404);
}

TEST(CheckoutTest, AbortsOnce) {
  World world;
  const std::string path = PathOf(kOrders, world.Id("checkout order"));
  EXPECT_EQ(world.Post(path + "/abort", "").status, 200);
  EXPECT_EQ(world.Post(path + "/abort", "").status, 200);
  EXPECT_EQ(world.klarna.ledger().entries().size(), 1u);
  EXPECT_EQ(world.Post(path, "{}").status, 403);
}

constexpr char kPages[] = "/hpp/v1/sessions";

TEST(HostedPagesTest, IsMadeOfAPaymentsSessionAndPaidByTheShopper) {
  World world;
  const std::string session = world.Id("payments session");
  const Answer created = world.Post(
      kPages,
      absl::StrCat(R"({"payment_session_url":"https://h/x/)", session, "\"}"));
  EXPECT_EQ(created.status, 201);
  const std::string id = JsonOf(created)["session_id"];
  EXPECT_EQ(world.Read(PathOf(kPages, id))["status"], "WAITING");
  EXPECT_TRUE(world.klarna.CompleteHostedPage(id));
  const json complete = world.Read(PathOf(kPages, id));
  EXPECT_EQ(complete["status"], "COMPLETED");
  EXPECT_NE(complete["authorization_token"], "");
  EXPECT_EQ(world.Send("DELETE", PathOf(kPages, id)).status, 400);
}

TEST(HostedPagesTest, PlacesTheOrderWhereItWasMadeTo) {
  struct Case {
    const char* mode;
    const char* status;
  };
  for (const Case& c :
       {Case{"PLACE_ORDER", "AUTHORIZED"}, Case{"CAPTURE_ORDER", "CAPTURED"}}) {
    World world;
    const std::string id = JsonOf(
        world.Post(kPages, absl::StrCat(R"({"payment_session_url":"https://h/)",
                                        world.Id("payments session"),
                                        R"(","options":{"place_order_mode":")",
                                        c.mode, "\"}}")))["session_id"];
    EXPECT_TRUE(world.klarna.CompleteHostedPage(id));
    const json page = world.Read(PathOf(kPages, id));
    EXPECT_FALSE(page.contains("authorization_token"));
    const json order = world.Read(PathOf("/ordermanagement/v1/orders",
                                         page["order_id"].get<std::string>()));
    EXPECT_EQ(order["status"], c.status);
    EXPECT_EQ(order["klarna_reference"], page["klarna_reference"]);
    EXPECT_EQ(order["order_amount"], 12900);
  }
}

TEST(HostedPagesTest, NeedsAKnownPaymentsSession) {
  World world;
  EXPECT_EQ(world.Post(kPages, R"({"payment_session_url":"https://h/unknown"})")
                .status,
            404);
}

TEST(HostedPagesTest, DisablesOnceAndDistributesNoMore) {
  World world;
  const std::string path = PathOf(kPages, world.Id("hosted page"));
  const std::string link = path + "/distribution";
  const std::string sms =
      R"({"contact_information":{"phone":"1"},"method":"sms"})";
  EXPECT_EQ(world.Post(link, sms).status, 204);
  EXPECT_EQ(
      world.Post(link, R"({"contact_information":{},"method":"token"})").status,
      201);
  EXPECT_EQ(world.Send("DELETE", path).status, 204);
  EXPECT_EQ(world.Send("DELETE", path).status, 204);
  EXPECT_EQ(world.Post(link, sms).status, 400);
  EXPECT_EQ(world.klarna.ledger().entries().size(), 3u);
}

constexpr char kTokens[] = "/customer-token/v1/tokens";

TEST(CustomerTokensTest, ShowsTheMeansOfPayment) {
  World world;
  EXPECT_EQ(world.Get(PathOf(kTokens, world.Id("customer token"))).body,
            R"({"payment_method_type":"SLICE_IT_BY_CARD","status":"ACTIVE"})");
  EXPECT_EQ(
      world.Read(PathOf(
          kTokens, world.Id("customer token, card")))["card"]["masked_number"],
      "************1234");
  EXPECT_TRUE(
      world.Read(PathOf(kTokens, world.Id("customer token, direct debit")))
          .contains("direct_debit"));
}

TEST(CustomerTokensTest, ChargesAgainWithoutAKeyAndOnceWithOne) {
  World world;
  const std::string path =
      PathOf(kTokens, world.Id("customer token"), "/order");
  const auto charge = [&](std::vector<Header> headers) {
    return JsonOf(world.Post(path, OrderBody(100), std::move(headers)))
        .value("order_id", "");
  };
  EXPECT_NE(charge({}), charge({}));
  const Header key = {"Klarna-Idempotency-Key", "k"};
  EXPECT_EQ(charge({key}), charge({key}));
  EXPECT_EQ(world.klarna.ledger().entries().size(), 3u);
}

TEST(CustomerTokensTest, ACancelledTokenIsNotCharged) {
  World world;
  const std::string id = world.Id("customer token");
  const std::string status = PathOf(kTokens, id, "/status");
  EXPECT_EQ(world.Patch(status, R"({"status":"ACTIVE"})").status, 400);
  EXPECT_EQ(world.Patch(status, R"({"status":"CANCELLED"})").status, 202);
  EXPECT_EQ(world.Patch(status, R"({"status":"CANCELLED"})").status, 202);
  EXPECT_EQ(world.Read(PathOf(kTokens, id))["status"], "CANCELLED");
  const Answer charge =
      world.Post(PathOf(kTokens, id, "/order"), OrderBody(100));
  EXPECT_EQ(charge.status, 403);
  EXPECT_EQ(JsonOf(charge)["error_code"], "TOKEN_CANCELLED");
}

TEST(CustomerTokensTest, NamesUnknownTokens) {
  World world;
  const Answer answer = world.Get(PathOf(kTokens, "x"));
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(ErrorOf(answer), "TOKEN_NOT_FOUND: Customer token not found");
}

}  // namespace
}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/control.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/service/sandbox/world.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

Answer Ask(World& world, std::string method, std::string path,
           std::string body = "") {
  return Control(world.klarna)
      .Handle({.method = std::move(method),
               .path = std::move(path),
               .query = "",
               .headers = {},
               .body = std::move(body)});
}

TEST(ControlTest, DoesWhatAShopperDoes) {
  World world;
  const Answer authorized =
      Ask(world, "POST",
          absl::StrCat("/sandbox/payments/sessions/",
                       world.Id("payments session"), "/authorize"));
  EXPECT_EQ(authorized.status, 200);
  EXPECT_NE(JsonOf(authorized)["authorization_token"], "");
  EXPECT_EQ(Ask(world, "POST",
                absl::StrCat("/sandbox/checkout/orders/",
                             world.Id("checkout order"), "/complete"))
                .status,
            204);
  EXPECT_EQ(Ask(world, "POST",
                absl::StrCat("/sandbox/hpp/sessions/", world.Id("hosted page"),
                             "/complete"))
                .status,
            204);
  for (const char* path :
       {"/sandbox/payments/sessions/x/authorize",
        "/sandbox/checkout/orders/x/complete",
        "/sandbox/hpp/sessions/x/complete", "/sandbox/disputes/x/advance"}) {
    EXPECT_EQ(Ask(world, "POST", path).status, 409) << path;
  }
}

TEST(ControlTest, ChangesCredentials) {
  World world;
  EXPECT_EQ(Ask(world, "POST", "/sandbox/credentials",
                R"({"api_keys": ["a", "b"], "shipping_keys": ["c"]})")
                .status,
            204);
  EXPECT_EQ(world.Get("/settlements/v1/payouts", {{"Authorization", "Basic b"}})
                .status,
            200);
  for (const char* body : {"", "[]", R"({"api_keys": []})",
                           R"({"api_keys": [1]})", R"({"users": ["a"]})"}) {
    EXPECT_EQ(Ask(world, "POST", "/sandbox/credentials", body).status, 400)
        << body;
  }
}

TEST(ControlTest, ShowsTheLedger) {
  World world;
  EXPECT_EQ(JsonOf(Ask(world, "GET", "/sandbox/ledger")), json::array());
  const std::string order = world.NewOrder();
  world.Post(absl::StrCat("/ordermanagement/v1/orders/", order, "/captures"),
             R"({"captured_amount":5})", {{"Klarna-Idempotency-Key", "k"}});
  const json entry = JsonOf(Ask(world, "GET", "/sandbox/ledger")).back();
  EXPECT_EQ(entry["number"], 3);
  EXPECT_EQ(entry["operation"], "order_management.captureOrder");
  EXPECT_EQ(entry["key"], "k");
  EXPECT_EQ(entry["amount"], 5);
  EXPECT_EQ(entry["body_sha256"], Sha256Hex(R"({"captured_amount":5})"));
  EXPECT_EQ(entry["at"], "2026-01-01T12:00:00.000Z");
}

TEST(ControlTest, SetsFaultsAndSettings) {
  World world;
  EXPECT_EQ(Ask(world, "POST", "/sandbox/faults", R"({"status":503})").status,
            204);
  EXPECT_EQ(world.Get("/settlements/v1/payouts").status, 503);
  Ask(world, "POST", "/sandbox/faults", R"({"status":503})");
  EXPECT_EQ(Ask(world, "DELETE", "/sandbox/faults").status, 204);
  EXPECT_EQ(world.Get("/settlements/v1/payouts").status, 200);

  EXPECT_EQ(Ask(world, "POST", "/sandbox/settings",
                R"({"latency_ms":20,"page_cap":2})")
                .status,
            204);
  const Answer page = world.Get("/settlements/v1/payouts");
  EXPECT_EQ(page.delay, absl::Milliseconds(20));
  EXPECT_EQ(JsonOf(page)["payouts"].size(), 2u);
}

TEST(ControlTest, ChoosesTheSideOfEachOpenQuestion) {
  World world;
  EXPECT_EQ(Ask(world, "POST", "/sandbox/settings",
                R"({"read_lag_ms":700,"placed_token_is_unknown":true,)"
                R"("busy_key_conflicts":true,"rate_limited_is_executed":true})")
                .status,
            204);
  const OpenQuestions& open = world.klarna.open_questions();
  EXPECT_EQ(open.read_lag, absl::Milliseconds(700));
  EXPECT_TRUE(open.placed_token_is_unknown && open.busy_key_conflicts &&
              open.rate_limited_is_executed);
  Ask(world, "POST", "/sandbox/settings",
      R"({"read_lag_ms":0,"busy_key_conflicts":false})");
  EXPECT_EQ(open.read_lag, absl::ZeroDuration());
  EXPECT_FALSE(open.busy_key_conflicts);
  EXPECT_TRUE(open.rate_limited_is_executed);
}

TEST(ControlTest, SaysWhatIsWrong) {
  World world;
  struct Case {
    const char* method;
    const char* path;
    const char* body;
    int status;
  };
  for (const Case& c : {
           Case{"POST", "/sandbox/faults", "{\"x\":1}", 400},
           Case{"POST", "/sandbox/faults", "", 400},
           Case{"POST", "/sandbox/settings", "{\"latency_ms\":-1}", 400},
           Case{"POST", "/sandbox/settings", "{\"latency\":1}", 400},
           Case{"POST", "/sandbox/settings", "[]", 400},
           Case{"POST", "/sandbox/settings", "{\"read_lag_ms\":600001}", 400},
           Case{"POST", "/sandbox/settings", "{\"read_lag_ms\":true}", 400},
           Case{"POST", "/sandbox/settings", "{\"busy_key_conflicts\":1}", 400},
           Case{"POST", "/sandbox/other", "", 404},
           Case{"GET", "/sandbox/", "", 404},
       }) {
    const Answer answer = Ask(world, c.method, c.path, c.body);
    EXPECT_EQ(answer.status, c.status) << c.path << c.body;
    EXPECT_NE(JsonOf(answer).value("error", ""), "");
  }
}

TEST(ControlTest, ListsWellKnownIds) {
  World world;
  const json ids = JsonOf(Ask(world, "GET", "/sandbox/ids"));
  EXPECT_EQ(ids["payout"][0], "PAYOUT00001");
  EXPECT_EQ(ids["order, captured"].size(), 2u);
}

}  // namespace
}  // namespace klarna::sandbox

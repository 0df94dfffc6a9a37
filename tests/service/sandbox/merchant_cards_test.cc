// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/merchant_cards.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/service/sandbox/world.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

const std::vector<Header>& KeyId() {
  static const std::vector<Header> headers = {{"KeyId", "key-1"}};
  return headers;
}

std::string Promise(World& world, absl::string_view order, int64_t amount) {
  const Answer answer = world.Post(
      "/merchantcard/v3/promises",
      absl::StrCat(R"({"order_id":")", order,
                   R"(","cards":[{"reference":"r","currency":"SEK","amount":)",
                   amount, "}]}"));
  EXPECT_EQ(answer.status, 201) << answer.body;
  EXPECT_TRUE(JsonOf(answer).contains("expires_at"));
  return JsonOf(answer)["promise_id"];
}

Answer Settle(World& world, absl::string_view order,
              absl::string_view promise) {
  return world.Post(
      "/merchantcard/v3/settlements",
      absl::StrCat(R"({"order_id":")", order,
                   R"(","key_id":"k","promise_id":")", promise, "\"}"));
}

TEST(MerchantCardsTest, IssuesCardsForAPromise) {
  World world;
  const std::string order = world.NewOrder(10000);
  const std::string promise = Promise(world, order, 6000);
  EXPECT_TRUE(
      world.Read("/merchantcard/v3/promises/" + promise).contains("expire_at"));
  const Answer settled = Settle(world, order, promise);
  EXPECT_EQ(settled.status, 201);
  const json settlement = JsonOf(settled);
  EXPECT_EQ(settlement["cards"][0]["amount"], 6000);
  EXPECT_EQ(world.klarna.ledger().entries().back().amount, 6000);
  EXPECT_EQ(JsonOf(world.Get(
                absl::StrCat("/merchantcard/v3/settlements/",
                             settlement["settlement_id"].get<std::string>()),
                KeyId())),
            settlement);
  EXPECT_EQ(
      JsonOf(world.Get("/merchantcard/v3/settlements/order/" + order, KeyId())),
      settlement);
  EXPECT_EQ(Settle(world, order, promise).status, 403);
}

TEST(MerchantCardsTest, ANewPromiseVoidsTheOneBefore) {
  World world;
  const std::string order = world.NewOrder(10000);
  const std::string first = Promise(world, order, 100);
  const std::string second = Promise(world, order, 200);
  EXPECT_EQ(world.Get("/merchantcard/v3/promises/" + first).status, 404);
  EXPECT_EQ(Settle(world, order, first).status, 400);
  EXPECT_EQ(Settle(world, order, second).status, 201);
}

TEST(MerchantCardsTest, PromisesNoMoreThanRemains) {
  World world;
  const std::string order = world.NewOrder(100);
  EXPECT_EQ(world
                .Post("/merchantcard/v3/promises",
                      absl::StrCat(R"({"order_id":")", order,
                                   R"(","cards":[{"reference":"r",)"
                                   R"("currency":"SEK","amount":101}]})"))
                .status,
            400);
}

TEST(MerchantCardsTest, APromiseExpires) {
  World world;
  const std::string order = world.NewOrder(100);
  const std::string promise = Promise(world, order, 100);
  world.clock.Advance(absl::Hours(24));
  EXPECT_EQ(Settle(world, order, promise).status, 403);
}

TEST(MerchantCardsTest, ReadsSettlementsOnlyWithAKeyId) {
  World world;
  const std::string path =
      "/merchantcard/v3/settlements/" + world.Id("card settlement");
  EXPECT_EQ(world.Get(path).status, 400);
  EXPECT_EQ(world.Get(path, KeyId()).status, 200);
}

TEST(MerchantCardsTest, CancelsInTime) {
  World world;
  const std::string order = world.NewOrder(100);
  const std::string path =
      absl::StrCat("/merchantcard/v3/orders/", order, "/cancel-request");
  EXPECT_EQ(world.Post(path, "").status, 404);
  Settle(world, order, Promise(world, order, 100));
  const Answer none = world.Get(path);
  EXPECT_EQ(none.status, 400);
  EXPECT_EQ(JsonOf(none)["status"], "NO_REQUEST_FOUND");
  EXPECT_FALSE(JsonOf(none).contains("error_code"));

  const Answer pending = world.Post(path, "");
  EXPECT_EQ(pending.status, 202);
  EXPECT_EQ(JsonOf(pending)["check_after"], "2026-01-01T13:00:00.000Z");
  EXPECT_EQ(world.Read(path)["status"], "PENDING");
  world.clock.Advance(absl::Hours(1));
  EXPECT_EQ(world.Read(path), json({{"status", "CANCELLED"}}));
  EXPECT_EQ(world.Post(path, "").status, 200);
}

}  // namespace
}  // namespace klarna::sandbox

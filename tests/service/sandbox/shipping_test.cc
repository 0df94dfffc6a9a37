// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/shipping.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tests/service/sandbox/world.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

constexpr char kOptions[] = R"({"currency":"SEK","locale":"sv-SE"})";
constexpr char kShipment[] =
    R"({"session_id":"s1","currency":"SEK","locale":"sv-SE",
        "selected_shipping_option":{"id":"express"}})";

std::string Digest() { return Sha256Hex("n" + SandboxOptions{}.shipping_key); }

std::vector<Header> With(absl::string_view token) {
  return {{"Authorization", absl::StrCat("Bearer ", token)}};
}

Answer Auth(World& world, absl::string_view digest,
            absl::string_view identifier = "sandbox") {
  return world.Post(
      "/auth",
      absl::StrCat(R"({"identifier":")", identifier,
                   R"(","secret":{"nonce":"n","digest":")", digest, "\"}}"),
      {{"Content-Type", "application/vdn.klarna.shipping.auth-v1+json"}});
}

std::string Token(World& world) {
  return JsonOf(Auth(world, Digest()))["token"];
}

TEST(ShippingTest, ComputesTheDigestOfThePublishedCheckVector) {
  EXPECT_EQ(Sha256Hex("lRFUpqW7XdsmOOOth"),
            "8c3891b3162db3ab61a9b2da74e6a479553aba897894e5236ed290c11a0b832b");
}

TEST(ShippingTest, IssuesATokenForTheRightDigestInAnyCase) {
  World world;
  const std::string digest = Digest();
  const Answer issued = Auth(world, absl::AsciiStrToUpper(digest));
  EXPECT_EQ(issued.status, 201);
  EXPECT_EQ(HeaderOf(issued, "Content-Type"),
            "application/vdn.klarna.shipping.auth-v1+json");
  for (const Answer& refused :
       {Auth(world, Sha256Hex("nwrong")), Auth(world, digest, "stranger")}) {
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(refused.body, "");
  }
  EXPECT_EQ(world.Post("/auth", "{}").status, 400);
}

TEST(ShippingTest, WantsATokenThatIsNotOlderThanAnHour) {
  World world;
  const std::string token = Token(world);
  EXPECT_EQ(world.Post("/shippingoptions", kOptions, With("x")).status, 401);
  EXPECT_EQ(world.Post("/shippingoptions", kOptions).status, 401);
  EXPECT_EQ(world.Post("/shippingoptions", kOptions, With(token)).status, 200);
  world.clock.Advance(absl::Hours(1));
  EXPECT_EQ(world.Post("/shippingoptions", kOptions, With(token)).status, 401);
}

TEST(ShippingTest, OffersOptions) {
  World world;
  const json options =
      JsonOf(world.Post("/shippingoptions", kOptions, With(Token(world))));
  ASSERT_EQ(options["shipping_options"].size(), 2u);
  EXPECT_EQ(options["shipping_options"][0]["locations"][0]["id"], "p1");
}

TEST(ShippingTest, ReservesOncePerSession) {
  World world;
  const std::string token = Token(world);
  const Answer first = world.Post("/shipment", kShipment, With(token));
  EXPECT_EQ(first.status, 201);
  const std::string id = JsonOf(first)["shipment_id"];
  EXPECT_EQ(HeaderOf(first, "Location"), "/shipment/" + id);
  const Answer second = world.Post("/shipment", kShipment, With(token));
  EXPECT_EQ(JsonOf(second)["shipment_id"], id);

  EXPECT_EQ(world.Send("PUT", "/shipment/" + id, kShipment, With(token)).status,
            200);
  for (int i = 0; i < 2; ++i) {
    const Answer confirmed =
        world.Post("/shipment/" + id + "/confirm", "", With(token));
    EXPECT_EQ(confirmed.status, 200);
    EXPECT_EQ(confirmed.body, "");
  }
  EXPECT_EQ(world.klarna.ledger().entries().size(), 3u);
}

TEST(ShippingTest, RefusesAnOptionItDoesNotHave) {
  World world;
  const Answer answer = world.Post("/shipment",
                                   R"({"currency":"SEK","locale":"sv-SE",
          "selected_shipping_option":{"id":"drone"}})",
                                   With(Token(world)));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(JsonOf(answer)["failure_reason"], "shipping_option_not_available");
}

}  // namespace
}  // namespace klarna::sandbox

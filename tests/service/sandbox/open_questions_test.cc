// SPDX-License-Identifier: Apache-2.0
//
// Both sides of what is not known of Klarna.
#include "service/sandbox/open_questions.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/service/sandbox/world.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

constexpr char kBody[] = R"({"captured_amount":100})";
const std::vector<Header> kKey = {{"Klarna-Idempotency-Key", "k"}};

std::string PathOf(absl::string_view order) {
  return absl::StrCat("/ordermanagement/v1/orders/", order);
}

std::string Captures(absl::string_view order) {
  return absl::StrCat(PathOf(order), "/captures");
}

size_t Executed(World& world, absl::string_view operation) {
  size_t count = 0;
  for (const LedgerEntry& entry : world.klarna.ledger().entries()) {
    count += entry.operation == operation;
  }
  return count;
}

SandboxOptions With(const OpenQuestions& open) {
  SandboxOptions options;
  options.open_questions = open;
  return options;
}

// Reads lag.

TEST(OpenQuestionsTest, ReadsShowAChangeAtOnce) {
  World world;
  const std::string order = world.NewOrder();
  world.Post(Captures(order), kBody);
  EXPECT_EQ(world.Read(PathOf(order))["captured_amount"], 100);
  EXPECT_EQ(world.Read(Captures(order)).size(), 1u);
}

TEST(OpenQuestionsTest, ReadsThatLagShowAChangeLater) {
  World world(With({.read_lag = absl::Seconds(5)}));
  const std::string order = world.NewOrder();
  EXPECT_EQ(world.Get(PathOf(order)).status, 404);
  world.clock.Advance(absl::Seconds(5));
  const std::string capture =
      HeaderOf(world.Post(Captures(order), kBody), "Capture-Id");
  const std::string refund =
      HeaderOf(world.Post(absl::StrCat(PathOf(order), "/refunds"),
                          R"({"refunded_amount":40})"),
               "Refund-Id");
  const std::string paths[] = {
      absl::StrCat(Captures(order), "/", capture),
      absl::StrCat(PathOf(order), "/refunds/", refund)};

  world.clock.Advance(absl::Milliseconds(4999));
  EXPECT_EQ(world.Read(PathOf(order))["captured_amount"], 0);
  EXPECT_EQ(world.Read(Captures(order)), json::array());
  for (const std::string& path : paths) {
    EXPECT_EQ(world.Get(path).status, 404) << path;
  }
  world.clock.Advance(absl::Milliseconds(1));
  EXPECT_EQ(world.Read(PathOf(order))["captured_amount"], 100);
  EXPECT_EQ(world.Read(PathOf(order))["refunded_amount"], 40);
  EXPECT_EQ(world.Read(Captures(order)).size(), 1u);
  for (const std::string& path : paths) {
    EXPECT_EQ(world.Get(path).status, 200) << path;
  }
}

TEST(OpenQuestionsTest, ChangesSeeEachOtherThoughReadsLag) {
  World world(With({.read_lag = absl::Minutes(1)}));
  const std::string order = world.NewOrder(100);
  EXPECT_EQ(world.Post(Captures(order), kBody).status, 201);
  EXPECT_EQ(ErrorOf(world.Post(Captures(order), kBody)).substr(0, 19),
            "CAPTURE_NOT_ALLOWED");
}

// An order is placed twice with one token.

struct Placing {
  explicit Placing(const OpenQuestions& open = {})
      : world(With(open)),
        path(absl::StrCat(
            "/payments/v1/authorizations/",
            *world.klarna.AuthorizeSession(JsonOf(world.Post(
                "/payments/v1/sessions", OrderBody(10000)))["session_id"]
                                               .get<std::string>()),
            "/order")) {}

  Answer Place(int64_t amount = 10000, const std::vector<Header>& key = {}) {
    return world.Post(path, OrderBody(amount), key);
  }

  World world;
  std::string path;
};

TEST(OpenQuestionsTest, APlacedTokenAnswersWithItsOrder) {
  Placing placing;
  const std::string order = JsonOf(placing.Place())["order_id"];
  EXPECT_EQ(JsonOf(placing.Place())["order_id"], order);
  EXPECT_EQ(Executed(placing.world, "payments.createOrder"), 1u);
}

TEST(OpenQuestionsTest, APlacedTokenIsUnknown) {
  Placing placing({.placed_token_is_unknown = true});
  EXPECT_EQ(placing.Place(10000, kKey).status, 200);
  for (const std::vector<Header>& key : {kKey, std::vector<Header>()}) {
    const Answer again = placing.Place(10000, key);
    EXPECT_EQ(again.status, 404);
    EXPECT_EQ(ErrorOf(again), "NOT_FOUND: Invalid authorization token");
  }
  EXPECT_EQ(Executed(placing.world, "payments.createOrder"), 1u);
}

TEST(OpenQuestionsTest, ATokenThatDidNotBecomeAnOrderIsKnown) {
  Placing placing({.placed_token_is_unknown = true});
  EXPECT_EQ(placing.Place(1).status, 409);
  EXPECT_EQ(placing.Place().status, 409);
}

// A key comes again while its first request is under way.

TEST(OpenQuestionsTest, ABusyKeyIsAnsweredLikeTheFirst) {
  World world;
  world.klarna.set_latency(absl::Seconds(2));
  const std::string order = world.NewOrder();
  const Answer first = world.Post(Captures(order), kBody, kKey);
  const Answer second = world.Post(Captures(order), kBody, kKey);
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(HeaderOf(second, "Capture-Id"), HeaderOf(first, "Capture-Id"));
}

TEST(OpenQuestionsTest, ABusyKeyConflictsUntilItsAnswerIsThere) {
  World world(With({.busy_key_conflicts = true}));
  world.klarna.set_latency(absl::Seconds(2));
  const std::string order = world.NewOrder();
  const Answer first = world.Post(Captures(order), kBody, kKey);
  EXPECT_EQ(first.status, 201);
  world.clock.Advance(absl::Milliseconds(1999));
  const Answer second = world.Post(Captures(order), kBody, kKey);
  EXPECT_EQ(second.status, 409);
  EXPECT_EQ(ErrorOf(second).substr(0, 8), "CONFLICT");
  EXPECT_EQ(
      world
          .Post(Captures(order), kBody, {{"Klarna-Idempotency-Key", "another"}})
          .status,
      201);
  world.clock.Advance(absl::Milliseconds(1));
  EXPECT_EQ(HeaderOf(world.Post(Captures(order), kBody, kKey), "Capture-Id"),
            HeaderOf(first, "Capture-Id"));
  EXPECT_EQ(Executed(world, "order_management.captureOrder"), 2u);
}

TEST(OpenQuestionsTest, WithoutLatencyNothingIsUnderWay) {
  World world(With({.busy_key_conflicts = true}));
  const std::string order = world.NewOrder();
  world.Post(Captures(order), kBody, kKey);
  EXPECT_EQ(world.Post(Captures(order), kBody, kKey).status, 201);
}

// The rate limit.

// Captures above the limit, all of them with keys of their own: how many were
// answered 429, and how many took effect.
struct Above {
  explicit Above(const OpenQuestions& open) {
    SandboxOptions options = With(open);
    options.rate_limits = RateLimits::kPlayground;
    World world(options);
    const std::string order = world.NewOrder();
    for (int i = 0; i < 60; ++i) {
      const Answer answer =
          world.Post(Captures(order), R"({"captured_amount":1})",
                     {{"Klarna-Idempotency-Key", absl::StrCat(i)}});
      refused += answer.status == 429;
    }
    executed = Executed(world, "order_management.captureOrder");
  }

  size_t refused = 0;
  size_t executed = 0;
};

TEST(OpenQuestionsTest, WhatIsRateLimitedIsNotExecuted) {
  const Above above({});
  EXPECT_GT(above.refused, 0u);
  EXPECT_EQ(above.executed, 60 - above.refused);
}

TEST(OpenQuestionsTest, WhatIsRateLimitedIsExecuted) {
  const Above above({.rate_limited_is_executed = true});
  EXPECT_GT(above.refused, 0u);
  EXPECT_EQ(above.executed, 60u);
}

}  // namespace
}  // namespace klarna::sandbox

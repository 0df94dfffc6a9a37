// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/order_book.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/service/sandbox/world.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

int64_t SumOf(const json& list, const char* member) {
  int64_t sum = 0;
  for (const json& element : list) sum += element[member].get<int64_t>();
  return sum;
}

TEST(OrderBookTest, AmountsOfSeededOrdersAddUp) {
  SandboxOptions options;
  options.orders = 200;
  World world(options);
  std::set<std::string> states;
  const auto ids = world.klarna.orders().SeededIds(1000);
  ASSERT_EQ(ids.size(), 200u);
  for (const std::string& id : ids) {
    const json order = world.Read("/ordermanagement/v1/orders/" + id);
    states.insert(order["status"]);
    EXPECT_EQ(SumOf(order["order_lines"], "total_amount"),
              order["order_amount"]);
    EXPECT_EQ(SumOf(order["captures"], "captured_amount"),
              order["captured_amount"]);
    EXPECT_EQ(SumOf(order["captures"], "refunded_amount"),
              order["refunded_amount"]);
    EXPECT_EQ(SumOf(order["refunds"], "refunded_amount"),
              order["refunded_amount"]);
    EXPECT_LE(order["refunded_amount"], order["captured_amount"]);
    const int64_t open = order["status"] == "CANCELLED"
                             ? 0
                             : order["order_amount"].get<int64_t>() -
                                   order["captured_amount"].get<int64_t>();
    EXPECT_EQ(order["remaining_authorized_amount"], open) << id;
  }
  EXPECT_EQ(states, (std::set<std::string>{"AUTHORIZED", "CANCELLED",
                                           "CAPTURED", "PART_CAPTURED"}));
}

TEST(OrderBookTest, OrdersOfPayoutsAgreeWithTheirTransactions) {
  World world;
  const json page = world.Read(
      "/settlements/v1/transactions?payment_reference=PAYOUT00001&size=200");
  for (const json& t : page["transactions"]) {
    const json order = world.Read(absl::StrCat(
        "/ordermanagement/v1/orders/", t["order_id"].get<std::string>()));
    EXPECT_EQ(order["merchant_reference1"], t["merchant_reference1"]);
    EXPECT_EQ(order["purchase_currency"], t["currency_code"]);
    EXPECT_EQ(order["klarna_reference"], t["short_order_id"]);
    if (!t["capture_id"].get<std::string>().empty()) {
      EXPECT_EQ(order["captures"][0]["capture_id"], t["capture_id"]);
    }
    if (t["type"] == "SALE") {
      EXPECT_EQ(order["captured_amount"], t["amount"]);
      EXPECT_EQ(order["captures"][0]["captured_at"], t["capture_date"]);
    }
    if (t["type"] == "RETURN") {
      EXPECT_EQ(order["refunded_amount"], t["amount"]);
      EXPECT_EQ(order["refunds"][0]["refund_id"], t["refund_id"]);
    }
  }
}

TEST(OrderBookTest, WritesCountriesInLowerCaseAndUnsetTextsAsEmpty) {
  World world;
  const json order =
      world.Read("/ordermanagement/v1/orders/" + world.Id("order, authorized"));
  EXPECT_EQ(order["purchase_country"], order["billing_address"]["country"]);
  EXPECT_EQ(order["purchase_country"], "fi");
  EXPECT_EQ(order["billing_address"]["region"], "");
  EXPECT_EQ(order["merchant_reference2"], "");
  EXPECT_EQ(order["order_lines"][0]["quantity_unit"], "");
}

TEST(OrderBookTest, KnowsNoOrdersBeyondThoseAskedFor) {
  SandboxOptions options;
  options.orders = 4;
  options.transactions = 4;
  options.payouts = 1;
  World world(options);
  const Identifiers ids(options.seed);
  for (uint64_t number = 0; number < 8; ++number) {
    const bool known = number == 0 || number == 1 || number == 3;
    EXPECT_EQ(
        world.klarna.orders().Find(ids.Uuid(IdKind::kOrder, number)) != nullptr,
        known)
        << number;
  }
}

}  // namespace
}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/settlements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/service/sandbox/world.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kTransactions[] = "/settlements/v1/transactions";

TEST(SettlementsTest, PagesThroughAllTransactionsOnce) {
  for (const int size : {1, 7, 100, 500}) {
    SandboxOptions options;
    options.transactions = 333;
    World world(options);
    const uint64_t total = world.klarna.history().rows();
    std::string all;
    uint64_t offset = 0;
    while (offset < total) {
      const json page = world.Read(
          absl::StrCat(kTransactions, "?size=", size, "&offset=", offset));
      EXPECT_EQ(page["pagination"]["count"], page["transactions"].size());
      EXPECT_EQ(page["pagination"]["total"], total);
      EXPECT_EQ(page["pagination"]["offset"], offset);
      offset += page["transactions"].size();
      EXPECT_EQ(page["pagination"].contains("next"), offset < total);
      EXPECT_EQ(page["pagination"].contains("prev"),
                page["pagination"]["offset"] > 0);
      for (const json& t : page["transactions"]) all += t.dump();
    }
    EXPECT_EQ(offset, total);
    const json whole = world.Read(absl::StrCat(kTransactions, "?size=500"));
    std::string expected;
    for (const json& t : whole["transactions"]) expected += t.dump();
    EXPECT_EQ(all, expected);
  }
}

TEST(SettlementsTest, PageSizeIs20AndNextIsOnAnotherHost) {
  World world;
  const json page =
      world.Read(absl::StrCat(kTransactions, "?payment_reference=PAYOUT00001"));
  EXPECT_EQ(page["transactions"].size(), 20u);
  EXPECT_EQ(page["pagination"]["next"],
            "https://api.playground.klarna.com/settlements/v1/transactions"
            "?offset=20&size=20&payment_reference=PAYOUT00001");
}

TEST(SettlementsTest, TotalsOfAPayoutAreTheSumsOfItsTransactions) {
  World world;
  for (const char* reference : {"PAYOUT00001", "PAYOUT00002", "PAYOUT00003"}) {
    std::map<std::string, int64_t> sums;
    for (uint64_t offset = 0; offset < 2000; offset += 500) {
      const json page = world.Read(
          absl::StrCat(kTransactions, "?payment_reference=", reference,
                       "&size=500&offset=", offset));
      for (const json& t : page["transactions"]) {
        EXPECT_EQ(t["payment_reference"], reference);
        sums[t["type"]] += t["amount"].get<int64_t>();
      }
    }
    const json totals = world.Read(
        absl::StrCat("/settlements/v1/payouts/", reference))["totals"];
    EXPECT_EQ(totals["sale_amount"], sums["SALE"]);
    EXPECT_EQ(totals["fee_amount"], sums["FEE"]);
    EXPECT_EQ(totals["return_amount"], sums["RETURN"]);
    EXPECT_EQ(totals["settlement_amount"],
              sums["SALE"] + sums["CREDIT"] + sums["FEE_REFUND"] +
                  sums["RELEASE"] - sums["FEE"] - sums["RETURN"] - sums["TAX"] -
                  sums["COMMISSION"] - sums["REVERSAL"] - sums["CHARGE"] -
                  sums["HOLDBACK"]);
  }
}

TEST(SettlementsTest, FiltersTransactionsByOrderAndPayout) {
  World world;
  const json first = world.Read(
      absl::StrCat(kTransactions,
                   "?payment_reference=PAYOUT00002&size=1"))["transactions"][0];
  const std::string order = first["order_id"];
  const json of_order =
      world.Read(absl::StrCat(kTransactions, "?order_id=", order));
  EXPECT_EQ(of_order["pagination"]["total"], 4);
  for (const json& t : of_order["transactions"]) {
    EXPECT_EQ(t["order_id"], order);
  }
  struct Case {
    std::string filter;
    int total;
  };
  for (const Case& c : {
           Case{absl::StrCat("payment_reference=PAYOUT00002&order_id=", order),
                4},
           Case{absl::StrCat("payment_reference=PAYOUT00001&order_id=", order),
                0},
           Case{"payment_reference=PAYOUT99999", 0},
           Case{"order_id=unknown", 0},
           Case{absl::StrCat("order_id=", world.Id("order, authorized")), 0},
       }) {
    const json page = world.Read(absl::StrCat(kTransactions, "?", c.filter));
    EXPECT_EQ(page["pagination"]["total"], c.total) << c.filter;
    EXPECT_FALSE(page["pagination"].contains("next"));
  }
}

TEST(SettlementsTest, AnOffsetBeyondTheEndIsAnEmptyPage) {
  World world;
  const json page = world.Read(absl::StrCat(kTransactions, "?offset=999999"));
  EXPECT_EQ(page["transactions"], json::array());
  EXPECT_EQ(page["pagination"]["count"], 0);
  EXPECT_FALSE(page["pagination"].contains("next"));
}

TEST(SettlementsTest, CapsPagesSilently) {
  SandboxOptions options;
  options.page_cap = 4;
  World world(options);
  const json page =
      world.Read(absl::StrCat(kTransactions, "?size=500&offset=4"));
  EXPECT_EQ(page["transactions"].size(), 4u);
  EXPECT_THAT(page["pagination"]["next"].get<std::string>(),
              HasSubstr("offset=8&size=4"));
}

TEST(SettlementsTest, ListsPayoutsByDateAndCurrency) {
  SandboxOptions options;
  options.payouts = 9;
  World world(options);
  struct Case {
    const char* query;
    size_t count;
  };
  for (const Case& c : {
           Case{"", 9},
           Case{"?currency_code=EUR", 3},
           Case{"?currency_code=eur", 3},
           Case{"?currency_code=USD", 0},
           // A bare end date is its midnight, before the payout of that day.
           Case{"?start_date=2025-01-15&end_date=2025-01-22", 1},
           Case{"?start_date=2025-01-15&end_date=2025-01-22T23:59:59Z", 2},
           Case{"?start_date=2025-01-15&end_date=2025-01-22T23:59:59Z"
                "&currency_code=SEK",
                1},
       }) {
    const json page =
        world.Read(absl::StrCat("/settlements/v1/payouts", c.query));
    EXPECT_EQ(page["payouts"].size(), c.count) << c.query;
    EXPECT_EQ(page["pagination"]["total"], c.count) << c.query;
  }
}

TEST(SettlementsTest, SummarizesEachCurrency) {
  SandboxOptions options;
  options.payouts = 6;
  World world(options);
  const json summary = world.Read(
      "/settlements/v1/payouts/summary?start_date=2025-01-01"
      "&end_date=2026-01-01");
  ASSERT_EQ(summary.size(), 3u);
  const json& euro = summary[0];
  EXPECT_EQ(euro["summary_settlement_currency"], "EUR");
  EXPECT_EQ(
      euro["summary_total_sale_amount"].get<int64_t>(),
      world.Read("/settlements/v1/payouts/PAYOUT00001")["totals"]["sale_amount"]
              .get<int64_t>() +
          world
              .Read("/settlements/v1/payouts/PAYOUT00004")["totals"]
                                                          ["sale_amount"]
              .get<int64_t>());
  EXPECT_EQ(world.Read("/settlements/v1/payouts/summary?start_date=2020-01-01"
                       "&end_date=2020-01-02"),
            json::array());
}

TEST(SettlementsTest, WritesTheCsvOfAllRows) {
  SandboxOptions options;
  options.transactions = 5000;
  World world(options);
  const Answer answer = world.Get(
      "/settlements/v1/reports/payout-with-transactions"
      "?payment_reference=PAYOUT00001");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(HeaderOf(answer, "Content-Type"), StartsWith("text/csv"));
  const std::string csv = BodyOf(answer);
  const std::vector<std::string> lines = absl::StrSplit(csv, "\r\n");
  ASSERT_EQ(lines.size(), 5002u);  // With the head and the end's "".
  EXPECT_THAT(lines[0], StartsWith("type,detailed_type,amount,"));
  for (size_t i = 0; i < 5001; ++i) {
    const std::vector<std::string> cells = absl::StrSplit(lines[i], ',');
    ASSERT_EQ(cells.size(), 13u) << lines[i];
  }
  EXPECT_THAT(lines[1], StartsWith("SALE,PURCHASE,"));
}

TEST(SettlementsTest, WritesTheCsvOfAPeriod) {
  World world;
  const std::string csv = BodyOf(
      world.Get("/settlements/v1/reports/payouts-summary-with-transactions"
                "?start_date=2025-01-20&end_date=2025-02-20"));
  EXPECT_THAT(csv, HasSubstr("PAYOUT00002"));
  EXPECT_THAT(csv, HasSubstr("PAYOUT00003"));
  EXPECT_THAT(csv, Not(HasSubstr("PAYOUT00001")));
}

TEST(SettlementsTest, WritesPdfs) {
  World world;
  for (const char* target :
       {"/settlements/v1/reports/payout?payment_reference=PAYOUT00001",
        "/settlements/v1/reports/payouts-summary?start_date=2025-01-01"
        "&end_date=2025-12-31"}) {
    const Answer answer = world.Get(target);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(HeaderOf(answer, "Content-Type"), "application/pdf");
    EXPECT_THAT(answer.body, StartsWith("%PDF-1.4\n"));
    EXPECT_THAT(answer.body, HasSubstr("PAYOUT00001"));
  }
}

TEST(SettlementsTest, KnowsNoOtherPayouts) {
  World world;
  for (const char* target :
       {"/settlements/v1/payouts/PAYOUT00099",
        "/settlements/v1/reports/payout?payment_reference=X",
        "/settlements/v1/reports/payout-with-transactions"
        "?payment_reference=X"}) {
    const Answer answer = world.Get(target);
    EXPECT_EQ(answer.status, 404) << target;
    EXPECT_THAT(ErrorOf(answer), StartsWith("NOT_FOUND: "));
  }
}

TEST(SettlementsTest, SpoilsPagesByFault) {
  struct Case {
    PageFault fault;
    uint64_t first;   // Index of the first element that comes.
    uint64_t length;  // How many come.
    int64_t count;
    int64_t total;
  };
  for (const Case& c : {
           Case{PageFault::kNone, 50, 50, 50, 200},
           Case{PageFault::kRepeat, 0, 50, 50, 200},
           Case{PageFault::kFirstAgain, 0, 50, 50, 200},
           Case{PageFault::kCountLies, 50, 50, 55, 205},
           Case{PageFault::kTotalShrinks, 50, 50, 50, 75},
           Case{PageFault::kSizeIgnored, 50, 20, 20, 200},
           Case{PageFault::kEmptyPage, 50, 0, 0, 200},
           Case{PageFault::kNextSkips, 50, 50, 50, 200},
       }) {
    SandboxOptions options;
    options.transactions = 200;
    World world(options);
    const std::string list =
        absl::StrCat(kTransactions, "?payment_reference=PAYOUT00001&");
    const json all = world.Read(list + "size=200")["transactions"];
    world.klarna.faults().Add({.page = c.fault});
    const json page = world.Read(list + "size=50&offset=50");
    EXPECT_EQ(page["transactions"].size(), c.length);
    if (c.length > 0) {
      EXPECT_EQ(page["transactions"][0], all[c.first]);
    }
    EXPECT_EQ(page["pagination"]["offset"], 50);
    EXPECT_EQ(page["pagination"]["count"], c.count);
    EXPECT_EQ(page["pagination"]["total"], c.total);
    if (c.fault == PageFault::kNextSkips) {
      EXPECT_THAT(page["pagination"]["next"].get<std::string>(),
                  HasSubstr("offset=101"));
    }
    EXPECT_TRUE(page["pagination"].contains("next"));
  }
}

}  // namespace
}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/payout_history.h"

#include <gtest/gtest.h>

#include <array>
#include <map>

namespace klarna::sandbox {
namespace {

TEST(PayoutHistoryTest, TotalsAreTheSumsOfTheRows) {
  for (const int transactions : {0, 1, 2, 3, 4, 5, 2001}) {
    const PayoutHistory history(1, 3, transactions);
    for (const Payout& payout : history.payouts()) {
      std::array<int64_t, static_cast<size_t>(Booking::kCount)> sums{};
      int64_t settled = 0;
      for (uint64_t row = 0; row < payout.rows; ++row) {
        const Transaction t = history.Row(payout, row);
        EXPECT_GT(t.amount, 0);
        sums[static_cast<size_t>(t.booking)] += t.amount;
        settled += PayoutHistory::Sign(t.booking) * t.amount;
      }
      EXPECT_EQ(sums, payout.sums);
      EXPECT_EQ(settled, payout.settled);
    }
  }
}

TEST(PayoutHistoryTest, RowsOfAllPayoutsFollowEachOther) {
  const PayoutHistory history(3, 40, 999);
  uint64_t row = 0;
  uint64_t sale = 0;
  for (const Payout& payout : history.payouts()) {
    EXPECT_EQ(payout.first_row, row);
    EXPECT_EQ(payout.first_sale, sale);
    EXPECT_EQ(&history.PayoutOfRow(row), &payout);
    EXPECT_EQ(&history.PayoutOfRow(row + payout.rows - 1), &payout);
    EXPECT_EQ(&history.PayoutOfSale(sale), &payout);
    EXPECT_EQ(history.Find(payout.reference), &payout);
    row += payout.rows;
    sale += (payout.rows + 3) / 4;
  }
  EXPECT_EQ(history.rows(), row);
  EXPECT_EQ(history.sales(), sale);
  EXPECT_EQ(history.Find("PAYOUT00041"), nullptr);
  EXPECT_EQ(history.Find(""), nullptr);
}

TEST(PayoutHistoryTest, ASaleOfARowIsThatSaleByItsNumber) {
  const PayoutHistory history(1, 3, 100);
  for (const Payout& payout : history.payouts()) {
    for (uint64_t row = 0; row < payout.rows; ++row) {
      const Sale of_row = history.SaleOf(payout, row);
      const Sale at = history.SaleAt(of_row.number);
      EXPECT_EQ(at.purchase.amount, of_row.purchase.amount);
      EXPECT_EQ(at.sold_at, of_row.sold_at);
      EXPECT_EQ(at.purchase.market->currency, CurrencyName(payout.currency));
      EXPECT_LT(at.captured_at, payout.date);
    }
  }
}

TEST(PayoutHistoryTest, HasEveryKindOfBookingAndTrueDuplicates) {
  const PayoutHistory history(1, 1, 400);
  const Payout& payout = history.payouts()[0];
  std::map<Booking, int> seen;
  int duplicates = 0;
  for (uint64_t row = 0; row < payout.rows; ++row) {
    const Transaction t = history.Row(payout, row);
    ++seen[t.booking];
    if (row % 4 == 3 && t.booking == Booking::kFee &&
        t.amount == history.Row(payout, row - 1).amount) {
      ++duplicates;
    }
  }
  EXPECT_EQ(seen.size(), static_cast<size_t>(Booking::kCount));
  EXPECT_GT(duplicates, 0);
}

TEST(PayoutHistoryTest, LinesOfAPurchaseAddUp) {
  for (uint64_t number = 0; number < 500; ++number) {
    const Purchase purchase =
        MakePurchase(9, number, static_cast<int>(number % kCurrencies));
    int64_t amount = 0;
    int64_t tax = 0;
    for (int i = 0; i < purchase.line_count; ++i) {
      const PurchaseLine& line = purchase.lines[static_cast<size_t>(i)];
      EXPECT_EQ(line.total, line.quantity * line.unit_price);
      EXPECT_NEAR(
          static_cast<double>(line.tax),
          static_cast<double>(TaxWithin(line.total, purchase.market->tax_rate)),
          0);
      amount += line.total;
      tax += line.tax;
    }
    EXPECT_EQ(amount, purchase.amount);
    EXPECT_EQ(tax, purchase.tax);
  }
}

TEST(PayoutHistoryTest, TheSameSeedGivesTheSameHistory) {
  const PayoutHistory one(5, 2, 50);
  const PayoutHistory other(5, 2, 50);
  const PayoutHistory third(6, 2, 50);
  EXPECT_EQ(one.payouts()[0].settled, other.payouts()[0].settled);
  EXPECT_NE(one.payouts()[0].settled, third.payouts()[0].settled);
}

}  // namespace
}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/payout_history.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_format.h"

namespace klarna::sandbox {
namespace {

struct BookingFacts {
  absl::string_view type;
  absl::string_view total;
  int sign;
};

constexpr BookingFacts kBookings[static_cast<size_t>(Booking::kCount)] = {
    {"SALE", "sale_amount", 1},
    {"FEE", "fee_amount", -1},
    {"RETURN", "return_amount", -1},
    {"TAX", "tax_amount", -1},
    {"COMMISSION", "commission_amount", -1},
    {"REVERSAL", "reversal_amount", -1},
    {"CHARGE", "charge_amount", -1},
    {"CREDIT", "credit_amount", 1},
    {"FEE_REFUND", "fee_refund_amount", 1},
    {"HOLDBACK", "holdback_amount", -1},
    {"RELEASE", "release_amount", 1},
};

const BookingFacts& Facts(Booking booking) {
  return kBookings[static_cast<size_t>(booking)];
}

// The first payout; one follows every week. In the past and fixed, so that
// examples with dates stay right.
constexpr absl::Time FirstPayout() {
  return absl::FromUnixSeconds(1736927546);  // 2025-01-15T07:52:26Z.
}

constexpr int64_t kFixedFee = 30;

// The rate is 2.49 %.
int64_t PercentageFee(int64_t amount) { return (amount * 249 + 5000) / 10000; }

// What the fourth row of a sale is: `fixed`, or the part of the sale's amount.
struct VaryingBooking {
  Booking booking;
  absl::string_view detailed_type;
  int64_t fixed;
  int64_t part;  // The amount is divided by it; 0 where it is fixed.
  bool has_capture;
};

// The very row before it once more: a true duplicate.
constexpr VaryingBooking kDuplicate = {Booking::kFee, "PURCHASE_FEE_FIXED",
                                       kFixedFee, 0, true};

// By the sale's number.
constexpr VaryingBooking kVaryingBookings[] = {
    kDuplicate,
    {Booking::kCommission, "COMMISSION", 0, 100, true},
    {Booking::kReversal, "REVERSAL", 0, 2, true},
    kDuplicate,
    {Booking::kCharge, "DISPUTE_FEE", 1500, 0, true},
    {Booking::kCredit, "MANUAL_ENTRY", 250, 0, false},
    {Booking::kFeeRefund, "FEE_REFUND", kFixedFee, 0, true},
    {Booking::kHoldback, "ROLLING_RESERVE", 0, 20, false},
    {Booking::kRelease, "ROLLING_RESERVE", 0, 25, false},
    {Booking::kTax, "PURCHASE_FEE_PERCENTAGE", 0, 200, true},
    kDuplicate,
};

Transaction VaryingRow(const Sale& sale) {
  if (sale.refunded > 0) {
    return {.booking = Booking::kReturn,
            .detailed_type = "PURCHASE_RETURN",
            .amount = sale.refunded,
            .sale = sale.number,
            .has_refund = true};
  }
  const VaryingBooking& varying =
      kVaryingBookings[sale.number % std::size(kVaryingBookings)];
  return {.booking = varying.booking,
          .detailed_type = varying.detailed_type,
          .amount = varying.part == 0 ? varying.fixed
                                      : sale.purchase.amount / varying.part,
          .sale = sale.number,
          .has_capture = varying.has_capture};
}

}  // namespace

PayoutHistory::PayoutHistory(uint64_t seed, int payouts, int transactions)
    : seed_(seed) {
  for (int i = 0; i < payouts; ++i) {
    Payout payout;
    payout.number = i;
    payout.reference = absl::StrFormat("PAYOUT%05d", i + 1);
    payout.currency = i % 3;
    payout.date = FirstPayout() + i * absl::Hours(7 * 24);
    payout.rows =
        static_cast<uint64_t>(i == 0 ? transactions : 24 + i * 7 % 50);
    payout.first_row = rows_;
    payout.first_sale = sales_;
    AddUp(&payout);
    rows_ += payout.rows;
    sales_ += (payout.rows + kRowsPerSale - 1) / kRowsPerSale;
    payouts_.push_back(std::move(payout));
  }
}

void PayoutHistory::AddUp(Payout* payout) const {
  Sale sale;
  for (uint64_t row = 0; row < payout->rows; ++row) {
    if (row % kRowsPerSale == 0) sale = SaleOf(*payout, row);
    const Transaction transaction = Row(row, sale);
    payout->sums[static_cast<size_t>(transaction.booking)] +=
        transaction.amount;
    payout->settled += Sign(transaction.booking) * transaction.amount;
  }
}

const Payout* PayoutHistory::Find(absl::string_view reference) const {
  const auto it =
      std::lower_bound(payouts_.begin(), payouts_.end(), reference,
                       [](const Payout& payout, absl::string_view wanted) {
                         return std::pair(payout.reference.size(),
                                          absl::string_view(payout.reference)) <
                                std::pair(wanted.size(), wanted);
                       });
  if (it == payouts_.end() || it->reference != reference) return nullptr;
  return &*it;
}

Transaction PayoutHistory::Row(uint64_t row, const Sale& sale) const {
  switch (row % kRowsPerSale) {
    case 0:
      return {.booking = Booking::kSale,
              .detailed_type = "PURCHASE",
              .amount = sale.purchase.amount,
              .sale = sale.number};
    case 1:
      return {.booking = Booking::kFee,
              .detailed_type = "PURCHASE_FEE_PERCENTAGE",
              .amount = PercentageFee(sale.purchase.amount),
              .sale = sale.number};
    case 2:
      return {.booking = Booking::kFee,
              .detailed_type = "PURCHASE_FEE_FIXED",
              .amount = kFixedFee,
              .sale = sale.number};
    default:
      return VaryingRow(sale);
  }
}

Transaction PayoutHistory::Row(const Payout& payout, uint64_t row) const {
  return Row(row, SaleOf(payout, row));
}

Sale PayoutHistory::SaleOf(const Payout& payout, uint64_t row) const {
  return MakeSale(payout, payout.first_sale + row / kRowsPerSale);
}

Sale PayoutHistory::SaleAt(uint64_t sale) const {
  return MakeSale(PayoutOfSale(sale), sale);
}

Sale PayoutHistory::MakeSale(const Payout& payout, uint64_t sale) const {
  Sale made;
  made.number = sale;
  made.purchase = MakePurchase(seed_, sale, payout.currency);
  // Sales of a payout are spread over a week that ends two days before it.
  const uint64_t count = (payout.rows + kRowsPerSale - 1) / kRowsPerSale;
  made.sold_at = payout.date - absl::Hours(9 * 24) +
                 absl::Milliseconds(static_cast<int64_t>(
                     (sale - payout.first_sale) *
                     (7 * 24 * 3600 * uint64_t{1000}) / count));
  made.captured_at = made.sold_at + absl::Hours(20);
  made.refunded_at = made.captured_at + absl::Hours(5);
  if (sale % 7 == 3) made.refunded = made.purchase.lines[0].unit_price;
  return made;
}

const Payout& PayoutHistory::PayoutOfSale(uint64_t sale) const {
  const auto after = std::upper_bound(
      payouts_.begin(), payouts_.end(), sale,
      [](uint64_t wanted, const Payout& p) { return wanted < p.first_sale; });
  return *(after - 1);
}

const Payout& PayoutHistory::PayoutOfRow(uint64_t row) const {
  const auto after = std::upper_bound(
      payouts_.begin(), payouts_.end(), row,
      [](uint64_t wanted, const Payout& p) { return wanted < p.first_row; });
  return *(after - 1);
}

absl::string_view PayoutHistory::TypeName(Booking booking) {
  return Facts(booking).type;
}

absl::string_view PayoutHistory::TotalName(Booking booking) {
  return Facts(booking).total;
}

int PayoutHistory::Sign(Booking booking) { return Facts(booking).sign; }

}  // namespace klarna::sandbox

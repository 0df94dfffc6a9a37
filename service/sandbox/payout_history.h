// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/sandbox/identifiers.h"
#include "service/sandbox/purchase.h"

namespace klarna::sandbox {

// The kinds of bookings that the sandbox makes, a part of Klarna's.
enum class Booking : uint8_t {
  kSale,
  kFee,
  kReturn,
  kTax,
  kCommission,
  kReversal,
  kCharge,
  kCredit,
  kFeeRefund,
  kHoldback,
  kRelease,
  kCount,
};

// One booking of a payout.
struct Transaction {
  Booking booking = Booking::kSale;
  absl::string_view detailed_type = {};
  int64_t amount = 0;
  uint64_t sale = 0;  // Which settled purchase it belongs to.
  bool has_capture = true;
  bool has_refund = false;
};

// A settled purchase: bought, captured whole, some refunded in part.
struct Sale {
  uint64_t number = 0;
  Purchase purchase;
  absl::Time sold_at;
  absl::Time captured_at;
  int64_t refunded = 0;  // 0: no refund.
  absl::Time refunded_at;
};

struct Payout {
  int number = 0;
  std::string reference;  // "PAYOUT00001".
  int currency = 0;
  absl::Time date;
  uint64_t rows = 0;
  uint64_t first_row = 0;  // Over all payouts.
  uint64_t first_sale = 0;
  std::array<int64_t, static_cast<size_t>(Booking::kCount)> sums{};
  int64_t settled = 0;
};

// Payouts and their transactions, made from the seed when asked for: 100,000
// transactions take no memory, and what sums them up agrees with the rows.
//
//   PayoutHistory history(/*seed=*/1, /*payouts=*/3, /*transactions=*/2000);
//   const Payout& payout = history.payouts()[0];   // PAYOUT00001
//   history.Row(payout, 0).amount;                 // of its first sale
//
// Every four rows belong to one sale: SALE, FEE, FEE and one that varies, so
// identical rows occur, as they do with Klarna. Immutable, thread-safe.
class PayoutHistory {
 public:
  PayoutHistory(uint64_t seed, int payouts, int transactions);

  const std::vector<Payout>& payouts() const { return payouts_; }
  const Payout* Find(absl::string_view reference) const;
  uint64_t rows() const { return rows_; }
  uint64_t sales() const { return sales_; }

  // `row` counts from 0 within the payout. `sale` must be that of the row.
  Transaction Row(uint64_t row, const Sale& sale) const;
  Transaction Row(const Payout& payout, uint64_t row) const;

  // The sale a row belongs to; `sale` counts over all payouts.
  Sale SaleOf(const Payout& payout, uint64_t row) const;
  Sale SaleAt(uint64_t sale) const;
  const Payout& PayoutOfSale(uint64_t sale) const;

  // The payout that holds the row with this number over all payouts.
  const Payout& PayoutOfRow(uint64_t row) const;

  static constexpr uint64_t kRowsPerSale = 4;

  static absl::string_view TypeName(Booking booking);
  static absl::string_view TotalName(Booking booking);
  static int Sign(Booking booking);  // Of its part in the settled amount.

 private:
  Sale MakeSale(const Payout& payout, uint64_t sale) const;
  void AddUp(Payout* payout) const;

  uint64_t seed_;
  std::vector<Payout> payouts_;
  uint64_t rows_ = 0;
  uint64_t sales_ = 0;
};

}  // namespace klarna::sandbox

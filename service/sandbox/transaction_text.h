// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "service/sandbox/identifiers.h"
#include "service/sandbox/payout_history.h"

namespace klarna::sandbox {

// Writes transactions as JSON and as lines of a CSV report, row by row into a
// string: a page of 500 costs a fraction of a millisecond. Rows of one sale
// share its facts, so rows are best written in their order. Not thread-safe.
class TransactionText {
 public:
  TransactionText(const PayoutHistory& history, const Identifiers& ids)
      : history_(history), ids_(ids) {}

  // {"amount":2000,"capture_id":"...",...}; `row` counts over all payouts.
  void AppendJson(uint64_t row, std::string* out);
  // One line with its CRLF.
  void AppendCsv(uint64_t row, std::string* out);

  static absl::string_view CsvHead();

 private:
  // Reads the row, and its payout and sale where they are not the last row's.
  Transaction Load(uint64_t row);
  void LoadSale(uint64_t row_of_payout);

  const PayoutHistory& history_;
  const Identifiers& ids_;
  const Payout* payout_ = nullptr;
  Sale sale_;
  bool has_sale_ = false;
  // The members that all rows of the sale share, as JSON text.
  std::string capture_id_;
  std::string references_;
  std::string market_;
};

}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
//
// Pages of settlement transactions as Klarna's documents describe them, for
// measuring: 568 bytes a transaction, always the same ones.
#pragma once

#include <string>

namespace klarna::json {

inline constexpr int kTransactions = 500;

enum class Members {
  kInSchemaOrder,
  kShuffled,  // in one other order, the same in all transactions
  kSpaced,    // in schema order, with spaces and line breaks
};

// {"transactions":[...],"pagination":{...}}
std::string TransactionPage(Members members = Members::kInSchemaOrder);

}  // namespace klarna::json

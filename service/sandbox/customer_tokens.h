// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "service/sandbox/call.h"
#include "service/sandbox/identifiers.h"
#include "service/sandbox/ledger.h"
#include "service/sandbox/order_book.h"

namespace klarna::sandbox {

// The customer token API: a token is read, charged and cancelled. Seeded are
// tokens 0 (slice it by card), 1 (card), 2 (direct debit) and 3 (cancelled).
// Not thread-safe.
class CustomerTokens {
 public:
  CustomerTokens(OrderBook& orders, Identifiers& ids, Ledger& ledger);

  Answer Handle(const Call& call);

  // A new token for charges in `currency`; its id.
  std::string Add(absl::string_view currency);

 private:
  struct Token {
    std::string method = "SLICE_IT_BY_CARD";
    std::string currency = {};  // "": any.
    bool cancelled = false;
  };

  Answer Read(const Call& call, const Token& token) const;
  Answer Charge(const Call& call, const Token& token);
  Answer UpdateStatus(const Call& call, Token& token);

  OrderBook& orders_;
  Identifiers& ids_;
  Ledger& ledger_;
  absl::flat_hash_map<std::string, Token> tokens_;
};

}  // namespace klarna::sandbox

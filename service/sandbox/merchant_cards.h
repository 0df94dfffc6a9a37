// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "service/sandbox/call.h"
#include "service/sandbox/identifiers.h"
#include "service/sandbox/ledger.h"
#include "service/sandbox/order_book.h"

namespace klarna::sandbox {

// The merchant card service: promises of virtual cards, settlements that issue
// them, requests to cancel. Card data is made up and not encrypted for anyone.
// Seeded is a settled promise of order 1. Not thread-safe.
class MerchantCards {
 public:
  MerchantCards(OrderBook& orders, Identifiers& ids, Ledger& ledger,
                absl::Time now);

  Answer Handle(const Call& call);

 private:
  struct Promise {
    std::string id;
    std::string order_id;
    nlohmann::json cards;
    absl::Time created_at;
  };
  struct Settlement {
    std::string id;
    std::string promise_id;
    std::string order_id;
    nlohmann::json cards;
    absl::Time created_at;
  };

  Answer CreatePromise(const Call& call);
  Answer ReadPromise(const Call& call) const;
  Answer Settle(const Call& call);
  Answer ReadSettlement(const Call& call) const;
  Answer RequestCancel(const Call& call);
  Answer ReadCancel(const Call& call) const;

  const Settlement& Issue(const Promise& promise, std::string id,
                          absl::Time now);
  nlohmann::json SettlementJson(const Settlement& settlement) const;

  OrderBook& orders_;
  Identifiers& ids_;
  Ledger& ledger_;
  // By order: a new promise takes the place of the one before, and there is
  // one settlement.
  std::map<std::string, Promise, std::less<>> promises_;
  std::map<std::string, Settlement, std::less<>> settlements_;
  std::map<std::string, absl::Time, std::less<>> cancel_requests_;
};

}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/sandbox/call.h"
#include "service/sandbox/identifiers.h"
#include "service/sandbox/ledger.h"
#include "service/sandbox/order_book.h"

namespace klarna::sandbox {

// The checkout API. Seeded are order 0 (at work), 1 (completed) and 2
// (expired, so that reading it is 404 with an empty body). Not thread-safe.
class Checkout {
 public:
  Checkout(OrderBook& orders, Identifiers& ids, Ledger& ledger, absl::Time now);

  Answer Handle(const Call& call);

  // What the shopper does: buys. The order is then in order management under
  // the same id. False if the order is unknown, expired or not at work.
  bool Complete(absl::string_view id, absl::Time now);

 private:
  enum class State { kIncomplete, kComplete, kAborted };
  struct Entry {
    std::string id;
    nlohmann::json data;
    State state = State::kIncomplete;
    absl::Time started_at;
    absl::Time modified_at;
    absl::Time completed_at;
  };

  Answer Create(const Call& call);
  Answer Update(const Call& call, Entry& order);
  Answer Abort(const Call& call, Entry& order);

  Entry& Make(std::string id, nlohmann::json data, absl::Time now);
  Entry* Find(absl::string_view id, absl::Time now);
  static nlohmann::json Body(const Entry& order);

  OrderBook& orders_;
  Identifiers& ids_;
  Ledger& ledger_;
  absl::flat_hash_map<std::string, std::unique_ptr<Entry>> entries_;
};

}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "service/sandbox/order_book.h"

namespace klarna::sandbox {

// What orders were before they were changed, for reads that lag behind.
//
//   past.Keep(order, now);                    // Before each change.
//   Order* seen = past.At(order, now - lag);  // What a read shows.
//
// Not thread-safe.
class PastOrders {
 public:
  void Keep(const Order& order, absl::Time now);

  // The order as it was then, itself if nothing has changed since, and null if
  // it was not there yet. Valid until the next Keep.
  Order* At(Order& order, absl::Time then);

  // No read lags more.
  static constexpr absl::Duration kLongestLag = absl::Minutes(10);

 private:
  struct Past {
    absl::Time until;
    Order order;
  };

  absl::flat_hash_map<std::string, std::deque<Past>> past_;  // Oldest first.
};

}  // namespace klarna::sandbox

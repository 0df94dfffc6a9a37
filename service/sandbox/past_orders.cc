// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/past_orders.h"

namespace klarna::sandbox {

void PastOrders::Keep(const Order& order, absl::Time now) {
  std::deque<Past>& kept = past_[order.id];
  while (!kept.empty() && kept.front().until < now - kLongestLag) {
    kept.pop_front();
  }
  kept.push_back({now, order});
}

Order* PastOrders::At(Order& order, absl::Time then) {
  if (order.created_at > then) return nullptr;
  const auto it = past_.find(order.id);
  if (it == past_.end()) return &order;
  for (Past& past : it->second) {
    if (then < past.until) return &past.order;
  }
  return &order;
}

}  // namespace klarna::sandbox

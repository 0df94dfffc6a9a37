// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/sandbox/identifiers.h"
#include "service/sandbox/payout_history.h"

namespace klarna::sandbox {

struct Capture {
  std::string id;
  std::string klarna_reference;  // "K4MADNY-1".
  int64_t amount = 0;
  int64_t refunded = 0;
  absl::Time at;
  std::string description;
  std::string reference;
  nlohmann::json lines = nlohmann::json::array();
  nlohmann::json shipping_info = nlohmann::json::array();
  int days_extended = 0;
};

struct Refund {
  std::string id;
  int64_t amount = 0;
  absl::Time at;
  std::string description;
  std::string reference;
  nlohmann::json lines = nlohmann::json::array();
};

// A placed order, as order management knows it.
struct Order {
  enum class State { kOpen, kCancelled, kReleased };

  std::string id;
  std::string klarna_reference;
  State state = State::kOpen;
  std::string fraud_status = "ACCEPTED";
  int64_t amount = 0;
  int64_t original_amount = 0;
  int64_t captured = 0;
  int64_t refunded = 0;
  std::string country;  // As the merchant sent it.
  std::string currency;
  std::string locale;
  std::string merchant_reference1;
  std::string merchant_reference2;
  std::string merchant_data;
  std::string method;  // "SLICE_IT_BY_CARD".
  bool acknowledged = false;
  absl::Time created_at;
  absl::Time expires_at;
  nlohmann::json lines = nlohmann::json::array();
  nlohmann::json billing_address = nlohmann::json::object();
  nlohmann::json shipping_address = nlohmann::json::object();
  nlohmann::json customer = nlohmann::json::object();
  nlohmann::json shipping_info = nlohmann::json::array();
  nlohmann::json selected_shipping_option;  // Null without one.
  std::vector<Capture> captures;
  std::vector<Refund> refunds;

  // What can still be captured at `now`.
  int64_t Remaining(absl::Time now) const;
  bool Expired(absl::Time now) const;
  Capture* FindCapture(absl::string_view id);
  Refund* FindRefund(absl::string_view id);
};

// The merchant's orders. The seeded ones are made when first asked for:
// even numbers are the payouts' sales, odd numbers are still at work.
// References stay valid. Not thread-safe.
class OrderBook {
 public:
  // `today` is the day on which the seeded open orders are a few days old.
  OrderBook(uint64_t seed, int orders, absl::Time today, const Identifiers& ids,
            const PayoutHistory& history);

  Order* Find(absl::string_view id);
  Order& Add(Order order);

  // The ids of the first seeded orders, at most `most`.
  std::vector<std::string> SeededIds(size_t most) const;

  static constexpr absl::Duration kLifetime = absl::Hours(28 * 24);

 private:
  Order MakeSettled(uint64_t sale) const;
  Order MakeOpen(uint64_t number) const;
  Order FromPurchase(uint64_t number, const Purchase& purchase,
                     absl::Time at) const;

  uint64_t seed_;
  uint64_t seeded_;  // Open orders have odd numbers below this.
  absl::Time today_;
  const Identifiers& ids_;
  const PayoutHistory& history_;
  absl::flat_hash_map<std::string, std::unique_ptr<Order>> orders_;
};

// The number of the order whose sale is `sale`.
inline uint64_t OrderNumberOfSale(uint64_t sale) { return 2 * sale; }

// A short reference as Klarna shows it to shoppers, such as "K4MADNY".
std::string KlarnaReference(uint64_t number);

// The merchant's own number of a seeded order.
std::string SeededReference(uint64_t number);

}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/order_book.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

// Klarna returns "" for what an address never had.
json Address(const Purchase& purchase) {
  return {{"given_name", purchase.given_name},
          {"family_name", purchase.family_name},
          {"title", ""},
          {"street_address", purchase.market->street},
          {"street_address2", ""},
          {"postal_code", purchase.market->postal_code},
          {"city", purchase.market->city},
          {"region", ""},
          {"country", purchase.market->country},
          {"email", absl::StrCat("shopper", purchase.number, "@example.com")},
          {"phone", purchase.market->phone}};
}

json Lines(const Purchase& purchase) {
  json lines = json::array();
  for (int i = 0; i < purchase.line_count; ++i) {
    const PurchaseLine& line = purchase.lines[static_cast<size_t>(i)];
    lines.push_back({{"reference", line.reference},
                     {"type", "physical"},
                     {"quantity", line.quantity},
                     {"quantity_unit", ""},
                     {"name", line.name},
                     {"total_amount", line.total},
                     {"unit_price", line.unit_price},
                     {"total_discount_amount", 0},
                     {"tax_rate", purchase.market->tax_rate},
                     {"total_tax_amount", line.tax},
                     {"product_url", line.product_url}});
  }
  return lines;
}

void AddCapture(Order* order, std::string id, int64_t amount, absl::Time at,
                json lines) {
  Capture capture;
  capture.id = std::move(id);
  capture.klarna_reference =
      absl::StrCat(order->klarna_reference, "-", order->captures.size() + 1);
  capture.amount = amount;
  capture.at = at;
  capture.reference = absl::StrCat("SHIP-", order->captures.size() + 1);
  capture.lines = std::move(lines);
  order->captured += amount;
  order->captures.push_back(std::move(capture));
}

void AddRefund(Order* order, std::string id, int64_t amount, absl::Time at) {
  Refund refund;
  refund.id = std::move(id);
  refund.amount = amount;
  refund.at = at;
  refund.description = "Returned goods";
  order->refunded += amount;
  order->captures[0].refunded += amount;
  order->refunds.push_back(std::move(refund));
}

}  // namespace

int64_t Order::Remaining(absl::Time now) const {
  if (state != State::kOpen || Expired(now)) return 0;
  return std::max<int64_t>(amount - captured, 0);
}

bool Order::Expired(absl::Time now) const {
  return state == State::kOpen && captured < amount && now >= expires_at;
}

Capture* Order::FindCapture(absl::string_view capture_id) {
  for (Capture& capture : captures) {
    if (capture.id == capture_id) return &capture;
  }
  return nullptr;
}

Refund* Order::FindRefund(absl::string_view refund_id) {
  for (Refund& refund : refunds) {
    if (refund.id == refund_id) return &refund;
  }
  return nullptr;
}

OrderBook::OrderBook(uint64_t seed, int orders, absl::Time today,
                     const Identifiers& ids, const PayoutHistory& history)
    : seed_(seed),
      seeded_(static_cast<uint64_t>(std::max(orders, 0))),
      today_(today),
      ids_(ids),
      history_(history) {}

Order* OrderBook::Find(absl::string_view id) {
  const auto it = orders_.find(id);
  if (it != orders_.end()) return it->second.get();
  const auto number = ids_.NumberOf(IdKind::kOrder, id);
  if (!number) return nullptr;
  if (*number % 2 == 0 && *number / 2 < history_.sales()) {
    return &Add(MakeSettled(*number / 2));
  }
  if (*number % 2 == 1 && *number < seeded_) return &Add(MakeOpen(*number));
  return nullptr;
}

Order& OrderBook::Add(Order order) {
  auto owned = std::make_unique<Order>(std::move(order));
  Order& added = *owned;
  orders_[added.id] = std::move(owned);
  return added;
}

std::vector<std::string> OrderBook::SeededIds(size_t most) const {
  std::vector<std::string> ids;
  for (uint64_t n = 0; n < seeded_ && ids.size() < most; ++n) {
    if (n % 2 == 1 || n / 2 < history_.sales()) {
      ids.push_back(ids_.Uuid(IdKind::kOrder, n));
    }
  }
  return ids;
}

Order OrderBook::FromPurchase(uint64_t number, const Purchase& purchase,
                              absl::Time at) const {
  Order order;
  order.id = ids_.Uuid(IdKind::kOrder, number);
  order.klarna_reference = KlarnaReference(number);
  order.amount = order.original_amount = purchase.amount;
  order.country = std::string(purchase.market->country);
  order.currency = std::string(purchase.market->currency);
  order.locale = std::string(purchase.market->locale);
  order.merchant_reference1 = SeededReference(number);
  order.method = absl::AsciiStrToUpper(purchase.method);
  order.acknowledged = true;
  order.created_at = at;
  order.expires_at = Midnight(at + kLifetime);
  order.lines = Lines(purchase);
  order.billing_address = Address(purchase);
  order.shipping_address = order.billing_address;
  order.customer = {{"date_of_birth", "1980-01-01"}, {"type", "person"}};
  return order;
}

Order OrderBook::MakeSettled(uint64_t number) const {
  const Sale sale = history_.SaleAt(number);
  Order order =
      FromPurchase(OrderNumberOfSale(number), sale.purchase, sale.sold_at);
  AddCapture(&order, ids_.Uuid(IdKind::kCapture, number), order.amount,
             sale.captured_at, order.lines);
  if (sale.refunded > 0) {
    AddRefund(&order, ids_.Uuid(IdKind::kRefund, number), sale.refunded,
              sale.refunded_at);
  }
  return order;
}

// An order a few days old, in one of the states that are not settled.
Order OrderBook::MakeOpen(uint64_t number) const {
  // Numbers that no sale has, so that no two orders are the same purchase.
  const Purchase purchase =
      MakePurchase(seed_, number + (uint64_t{1} << 40),
                   static_cast<int>(number / 2 % kCurrencies));
  const absl::Time at = today_ -
                        absl::Hours(24 * static_cast<int>(1 + number % 5)) +
                        absl::Minutes(static_cast<int>(number % 600));
  Order order = FromPurchase(number, purchase, at);
  // Capture ids of open orders come after those of all sales.
  const uint64_t first_capture = (uint64_t{1} << 40) + 4 * number;
  const absl::Time captured_at = at + absl::Hours(3);
  switch (number / 2 % 6) {
    case 1:
      AddCapture(&order, ids_.Uuid(IdKind::kCapture, first_capture),
                 purchase.lines[0].unit_price, captured_at, json::array());
      order.captures[0].shipping_info.push_back(
          {{"shipping_company", "DHL"},
           {"shipping_method", "Home"},
           {"tracking_number", absl::StrCat("63456415674", number)},
           {"tracking_uri", "https://shipping.example/track"}});
      break;
    case 2:
      order.state = Order::State::kCancelled;
      break;
    case 3:
      AddCapture(&order, ids_.Uuid(IdKind::kCapture, first_capture),
                 order.amount / 2, captured_at, json::array());
      AddCapture(&order, ids_.Uuid(IdKind::kCapture, first_capture + 1),
                 order.amount / 4, captured_at + absl::Hours(1), json::array());
      AddRefund(&order, ids_.Uuid(IdKind::kRefund, first_capture),
                order.amount / 8, captured_at + absl::Hours(2));
      break;
    case 4:
      order.fraud_status = "PENDING";
      break;
    default:
      break;
  }
  return order;
}

std::string KlarnaReference(uint64_t number) {
  constexpr char kAlphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  uint64_t bits = Scatter(number + 77);
  std::string reference = "K";
  for (int i = 0; i < 7; ++i, bits >>= 5) {
    reference.push_back(kAlphabet[bits & 31]);
  }
  return reference;
}

std::string SeededReference(uint64_t number) {
  return absl::StrCat("ORDER-", 1000 + number);
}

}  // namespace klarna::sandbox

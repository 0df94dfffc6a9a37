// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/new_order.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/sandbox/json_text.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

json ObjectOf(const json& body, absl::string_view name) {
  const auto it = body.find(name);
  if (it == body.end() || !it->is_object()) return json::object();
  return *it;
}

void CaptureAll(absl::Time now, Identifiers* ids, Order* order) {
  Capture capture;
  capture.id = ids->Next(IdKind::kCapture);
  capture.klarna_reference = absl::StrCat(order->klarna_reference, "-1");
  capture.amount = order->amount;
  capture.at = now;
  capture.lines = order->lines;
  order->captured = order->amount;
  order->captures.push_back(std::move(capture));
}

}  // namespace

Order& PlaceOrder(const json& body, std::string id, absl::string_view method,
                  absl::Time now, Identifiers* ids, OrderBook* orders) {
  Order order;
  order.id = std::move(id);
  order.klarna_reference = KlarnaReference(StableHash(order.id));
  order.amount = order.original_amount = IntegerOf(body, "order_amount");
  order.country = TextOf(body, "purchase_country");
  order.currency = TextOf(body, "purchase_currency");
  order.locale = TextOf(body, "locale");
  order.merchant_reference1 = TextOf(body, "merchant_reference1");
  order.merchant_reference2 = TextOf(body, "merchant_reference2");
  order.merchant_data = TextOf(body, "merchant_data");
  order.method = absl::AsciiStrToUpper(method);
  order.created_at = now;
  order.expires_at = Midnight(now + OrderBook::kLifetime);
  if (Has(body, "order_lines")) order.lines = body.at("order_lines");
  order.billing_address = ObjectOf(body, "billing_address");
  order.shipping_address = ObjectOf(body, "shipping_address");
  order.customer = ObjectOf(body, "customer");
  const json options = ObjectOf(body, "options");
  if (BooleanOf(body, "auto_capture") || BooleanOf(options, "auto_capture")) {
    CaptureAll(now, ids, &order);
  }
  return orders->Add(std::move(order));
}

}  // namespace klarna::sandbox

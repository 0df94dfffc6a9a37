// SPDX-License-Identifier: Apache-2.0
// The writes of order management.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/sandbox/effects.h"
#include "service/sandbox/json_text.h"
#include "service/sandbox/order_management.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

// Klarna's risk check is not simulated; an amount that more than doubles
// stands for what it refuses.
constexpr int64_t kMostIncrease = 2;

json ListOf(const json& body, absl::string_view name) {
  return Has(body, name) ? body.at(std::string(name)) : json::array();
}

Answer NotAllowed(const Call& call, absl::string_view message) {
  return Refuse(call, 403, "NOT_ALLOWED", message);
}

bool Closed(const Order& order, absl::Time now) {
  return order.state == Order::State::kCancelled || order.Expired(now);
}

}  // namespace

Answer OrderManagement::Done(const Call& call) const {
  Answer answer = Empty(204);
  answer.headers.push_back(
      {"Transaction-Id",
       ids_.Uuid(IdKind::kTransaction, StableHash(call.request.path))});
  return answer;
}

Answer OrderManagement::Created(const Call& call, absl::string_view collection,
                                absl::string_view id_header,
                                const std::string& id) {
  Answer answer = Empty(201);
  answer.headers.push_back(
      {"Location", absl::StrCat(kHost, "/ordermanagement/v1/orders/",
                                call.parameters[0], "/", collection, "/", id)});
  answer.headers.push_back({"Transaction-Id", ids_.Next(IdKind::kTransaction)});
  answer.headers.push_back({std::string(id_header), id});
  return answer;
}

Answer OrderManagement::CaptureOrder(const Call& call, Order& order) {
  const int64_t amount = IntegerOf(call.body, "captured_amount");
  if (Closed(order, call.now) || order.fraud_status != "ACCEPTED") {
    return Refuse(call, 403, "CAPTURE_NOT_ALLOWED", "Capture not allowed");
  }
  if (amount > order.Remaining(call.now)) {
    return Refuse(call, 403, "CAPTURE_NOT_ALLOWED",
                  "Captured amount is higher than the remaining authorized "
                  "amount. Capture not possible.");
  }
  Capture capture;
  capture.id = ids_.Next(IdKind::kCapture);
  capture.klarna_reference =
      absl::StrCat(order.klarna_reference, "-", order.captures.size() + 1);
  capture.amount = amount;
  capture.at = call.now;
  capture.description = TextOf(call.body, "description");
  capture.reference = TextOf(call.body, "reference");
  capture.lines = ListOf(call.body, "order_lines");
  capture.shipping_info = ListOf(call.body, "shipping_info");
  order.captured += amount;
  Record(call, capture.id, amount, &ledger_);
  Answer answer = Created(call, "captures", "Capture-Id", capture.id);
  order.captures.push_back(std::move(capture));
  return answer;
}

Answer OrderManagement::RefundOrder(const Call& call, Order& order) {
  const int64_t amount = IntegerOf(call.body, "refunded_amount");
  if (order.captures.empty()) {
    return Refuse(call, 403, "REFUND_NOT_ALLOWED",
                  "Order has no captures. Refund not possible");
  }
  if (amount > order.captured - order.refunded) {
    return Refuse(call, 403, "REFUND_NOT_ALLOWED",
                  "Refunded amount is higher than the captured amount that is "
                  "not yet refunded. Refund not possible");
  }
  Refund refund;
  refund.id = ids_.Next(IdKind::kRefund);
  refund.amount = amount;
  refund.at = call.now;
  refund.description = TextOf(call.body, "description");
  refund.reference = TextOf(call.body, "reference");
  refund.lines = ListOf(call.body, "order_lines");
  order.refunded += amount;
  // A refund names no capture: the oldest with money left bears it.
  int64_t left = amount;
  for (Capture& capture : order.captures) {
    const int64_t part = std::min(left, capture.amount - capture.refunded);
    capture.refunded += part;
    left -= part;
  }
  Record(call, refund.id, amount, &ledger_);
  Answer answer = Created(call, "refunds", "Refund-Id", refund.id);
  order.refunds.push_back(std::move(refund));
  return answer;
}

Answer OrderManagement::Cancel(const Call& call, Order& order) {
  if (!order.captures.empty() || order.Expired(call.now)) {
    return Refuse(call, 403, "CANCEL_NOT_ALLOWED",
                  order.captures.empty()
                      ? "Order has expired. Cancel not possible"
                      : "Order has captures. Cancel not possible");
  }
  if (order.state != Order::State::kCancelled) {
    order.state = Order::State::kCancelled;
    Record(call, order.id, order.amount, &ledger_);
  }
  return Done(call);
}

Answer OrderManagement::Acknowledge(const Call& call, Order& order) {
  if (order.state == Order::State::kCancelled) {
    return NotAllowed(call, "Order is cancelled");
  }
  if (!order.acknowledged) {
    order.acknowledged = true;
    Record(call, order.id, 0, &ledger_);
  }
  return Done(call);
}

Answer OrderManagement::Release(const Call& call, Order& order) {
  if (order.state == Order::State::kCancelled || order.captures.empty()) {
    return NotAllowed(call, "Order is cancelled or has no captures");
  }
  const int64_t remaining = order.Remaining(call.now);
  if (order.state != Order::State::kReleased) {
    order.state = Order::State::kReleased;
    Record(call, order.id, remaining, &ledger_);
  }
  return Done(call);
}

Answer OrderManagement::ExtendAuthorization(const Call& call, Order& order) {
  if (Closed(order, call.now) || order.Remaining(call.now) == 0) {
    return NotAllowed(call, "The authorization cannot be extended");
  }
  order.expires_at = Midnight(call.now + OrderBook::kLifetime);
  Record(call, order.id, 0, &ledger_);
  return Done(call);
}

Answer OrderManagement::UpdateAuthorization(const Call& call, Order& order) {
  const int64_t amount = IntegerOf(call.body, "order_amount");
  if (Closed(order, call.now) || order.state != Order::State::kOpen) {
    return NotAllowed(call, "Order is cancelled, expired or released");
  }
  if (amount < order.captured) {
    return NotAllowed(call, "New amount is lower than the captured amount");
  }
  if (amount > order.original_amount * kMostIncrease) {
    return NotAllowed(call, "The increase was not accepted");
  }
  order.amount = amount;
  if (Has(call.body, "order_lines")) order.lines = call.body["order_lines"];
  Record(call, order.id, amount, &ledger_);
  return Done(call);
}

Answer OrderManagement::UpdateCustomer(const Call& call, Order& order) {
  if (Closed(order, call.now)) {
    return NotAllowed(call, "Order is cancelled or expired");
  }
  if (Has(call.body, "shipping_address")) {
    const json& address = call.body["shipping_address"];
    if (Has(address, "country") && TextOf(address, "country").size() != 2) {
      return Refuse(call, 422, "INVALID_ADDRESS",
                    "The shipping and/or billing address is invalid");
    }
    order.shipping_address.update(address);
  }
  Record(call, order.id, 0, &ledger_);
  return Done(call);
}

Answer OrderManagement::UpdateReferences(const Call& call, Order& order) {
  if (order.state == Order::State::kCancelled) {
    return NotAllowed(call, "Order is cancelled");
  }
  if (Has(call.body, "merchant_reference1")) {
    order.merchant_reference1 = TextOf(call.body, "merchant_reference1");
  }
  if (Has(call.body, "merchant_reference2")) {
    order.merchant_reference2 = TextOf(call.body, "merchant_reference2");
  }
  Record(call, order.id, 0, &ledger_);
  return Done(call);
}

Answer OrderManagement::AddShipping(const Call& call,
                                    const std::string& resource,
                                    json* shipping_info) {
  for (const json& info : call.body["shipping_info"]) {
    shipping_info->push_back(info);
  }
  Record(call, resource, 0, &ledger_);
  return Done(call);
}

Answer OrderManagement::ExtendDueDate(const Call& call, const Order& order,
                                      Capture& capture) {
  const int64_t days = IntegerOf(call.body, "number_of_days");
  for (const json& option : DueDateOptions(order, capture)) {
    if (IntegerOf(option, "number_of_days") != days) continue;
    capture.days_extended = static_cast<int>(days);
    Record(call, capture.id, IntegerOf(option, "amount"), &ledger_);
    return Done(call);
  }
  return NotAllowed(call, "The due date cannot be extended by these days");
}

Answer OrderManagement::TriggerSendOut(const Call& call,
                                       const Capture& capture) {
  Record(call, capture.id, 0, &ledger_);
  return Done(call);
}

}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/order_json.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "service/sandbox/json_text.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

absl::string_view StatusOf(const Order& order, absl::Time now) {
  if (order.state == Order::State::kCancelled) return "CANCELLED";
  if (order.Expired(now)) return order.captured > 0 ? "CLOSED" : "EXPIRED";
  if (order.captured == 0) return "AUTHORIZED";
  return order.Remaining(now) > 0 ? "PART_CAPTURED" : "CAPTURED";
}

}  // namespace

json ReadAddress(json address) {
  if (Has(address, "country")) {
    address["country"] = absl::AsciiStrToLower(TextOf(address, "country"));
  }
  return address;
}

json CaptureJson(const Order& order, const Capture& capture) {
  return {{"capture_id", capture.id},
          {"klarna_reference", capture.klarna_reference},
          {"captured_amount", capture.amount},
          {"captured_at", Timestamp(capture.at)},
          {"description", capture.description},
          {"reference", capture.reference},
          {"order_lines", capture.lines},
          {"refunded_amount", capture.refunded},
          {"billing_address", ReadAddress(order.billing_address)},
          {"shipping_address", ReadAddress(order.shipping_address)},
          {"shipping_info", capture.shipping_info}};
}

// The merchant's reference of a refund is not read back.
json RefundJson(const Refund& refund) {
  return {{"refund_id", refund.id},
          {"refunded_amount", refund.amount},
          {"refunded_at", Timestamp(refund.at)},
          {"description", refund.description},
          {"order_lines", refund.lines},
          {"credit_invoice", false}};
}

json OrderJson(const Order& order, absl::Time now) {
  json captures = json::array();
  for (const Capture& capture : order.captures) {
    captures.push_back(CaptureJson(order, capture));
  }
  json refunds = json::array();
  for (const Refund& refund : order.refunds) {
    refunds.push_back(RefundJson(refund));
  }
  json body = {{"order_id", order.id},
               {"status", StatusOf(order, now)},
               {"fraud_status", order.fraud_status},
               {"order_amount", order.amount},
               {"original_order_amount", order.original_amount},
               {"captured_amount", order.captured},
               {"refunded_amount", order.refunded},
               {"remaining_authorized_amount", order.Remaining(now)},
               {"purchase_country", absl::AsciiStrToLower(order.country)},
               {"purchase_currency", order.currency},
               {"locale", order.locale},
               {"klarna_reference", order.klarna_reference},
               {"order_lines", order.lines},
               {"merchant_reference1", order.merchant_reference1},
               {"merchant_reference2", order.merchant_reference2},
               {"customer", order.customer},
               {"billing_address", ReadAddress(order.billing_address)},
               {"shipping_address", ReadAddress(order.shipping_address)},
               {"shipping_info", order.shipping_info},
               {"created_at", Timestamp(order.created_at)},
               {"expires_at", Timestamp(order.expires_at)},
               {"captures", std::move(captures)},
               {"refunds", std::move(refunds)},
               {"initial_payment_method",
                {{"type", order.method},
                 {"description", "Sandbox payment method"},
                 {"number_of_installments", 1}}}};
  if (!order.merchant_data.empty()) body["merchant_data"] = order.merchant_data;
  if (!order.selected_shipping_option.is_null()) {
    body["selected_shipping_option"] = order.selected_shipping_option;
  }
  return body;
}

}  // namespace klarna::sandbox

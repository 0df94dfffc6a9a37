// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/customer_tokens.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/sandbox/effects.h"
#include "service/sandbox/json_text.h"
#include "service/sandbox/new_order.h"

namespace klarna::sandbox {

using nlohmann::json;

CustomerTokens::CustomerTokens(OrderBook& orders, Identifiers& ids,
                               Ledger& ledger)
    : orders_(orders), ids_(ids), ledger_(ledger) {
  const Token seeded[] = {{.method = "SLICE_IT_BY_CARD"},
                          {.method = "CARD"},
                          {.method = "DIRECT_DEBIT"},
                          {.method = "INVOICE", .cancelled = true}};
  uint64_t number = 0;
  for (const Token& token : seeded) {
    tokens_[ids_.Uuid(IdKind::kCustomerToken, number++)] = token;
  }
}

std::string CustomerTokens::Add(absl::string_view currency) {
  const std::string id = ids_.Next(IdKind::kCustomerToken);
  tokens_[id] = {.currency = std::string(currency)};
  return id;
}

Answer CustomerTokens::Handle(const Call& call) {
  const auto it = tokens_.find(call.parameters[0]);
  if (it == tokens_.end()) {
    return Refuse(call, 404, "TOKEN_NOT_FOUND", "Customer token not found");
  }
  switch (call.operation.op) {
    case Op::kChargeCustomerToken:
      return Charge(call, it->second);
    case Op::kUpdateCustomerToken:
      return UpdateStatus(call, it->second);
    default:
      return Read(call, it->second);
  }
}

Answer CustomerTokens::Read(const Call& call, const Token& token) const {
  json body = {{"payment_method_type", token.method},
               {"status", token.cancelled ? "CANCELLED" : "ACTIVE"}};
  if (token.method == "CARD") {
    body["card"] = {{"brand", "VISA"},
                    {"expiry_date", "12/2030"},
                    {"masked_number", "************1234"}};
  }
  if (token.method == "DIRECT_DEBIT") {
    body["direct_debit"] = {{"masked_number", "**********124"}};
  }
  return Reply(call, 200, body);
}

Answer CustomerTokens::Charge(const Call& call, const Token& token) {
  if (token.cancelled) {
    return Refuse(call, 403, "TOKEN_CANCELLED", "Customer token is cancelled");
  }
  if (!token.currency.empty() &&
      !absl::EqualsIgnoreCase(token.currency,
                              TextOf(call.body, "purchase_currency"))) {
    return Refuse(call, 403, "PAYMENT_METHOD_CURRENCY_MISMATCH",
                  "The token's payment method is of another currency");
  }
  const std::string method = absl::AsciiStrToLower(token.method);
  const Order& order = PlaceOrder(call.body, ids_.Next(IdKind::kOrder), method,
                                  call.now, &ids_, &orders_);
  Record(call, order.id, order.amount, &ledger_);
  // The documented redirect_url has not been seen in a recording.
  return Reply(call, 200,
               {{"order_id", order.id},
                {"fraud_status", order.fraud_status},
                {"authorized_payment_method", {{"type", method}}}});
}

Answer CustomerTokens::UpdateStatus(const Call& call, Token& token) {
  if (!token.cancelled) {
    token.cancelled = true;
    Record(call, call.parameters[0], 0, &ledger_);
  }
  return Empty(202);
}

}  // namespace klarna::sandbox

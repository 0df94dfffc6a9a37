// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/checkout.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/sandbox/effects.h"
#include "service/sandbox/json_text.h"
#include "service/sandbox/new_order.h"
#include "service/sandbox/order_json.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

constexpr absl::Duration kLifetime = absl::Hours(48);

json SeededOrder() {
  return {
      {"purchase_country", "GB"},
      {"purchase_currency", "GBP"},
      {"locale", "en-GB"},
      {"order_amount", 10000},
      {"order_tax_amount", 1667},
      {"merchant_reference1", "CHECKOUT-1"},
      {"merchant_data", "{\"cart\":1}"},
      {"order_lines", json::array({{{"type", "physical"},
                                    {"reference", "AD6654412"},
                                    {"name", "Running shoe"},
                                    {"quantity", 1},
                                    {"unit_price", 10000},
                                    {"tax_rate", 2000},
                                    {"total_amount", 10000},
                                    {"total_discount_amount", 0},
                                    {"total_tax_amount", 1667}}})},
      {"merchant_urls",
       {{"terms", "https://shop.example/terms"},
        {"checkout", "https://shop.example/checkout"},
        {"confirmation", "https://shop.example/done?id={checkout.order.id}"},
        {"push", "https://shop.example/push?id={checkout.order.id}"}}},
      {"options", {{"allow_separate_shipping_address", false}}}};
}

// About 5 kB with script and CDATA, as Klarna's.
std::string HtmlSnippet(absl::string_view id) {
  std::string filler;
  while (filler.size() < 4500) {
    absl::StrAppend(&filler, "/* ", filler.size(), " */ window.checkout=1;\n");
  }
  return absl::StrCat("<div id=\"klarna-checkout-container\">",
                      "<script type=\"text/javascript\">\n/* <![CDATA[ */\n",
                      "(function(w){w.id=\"", id, "\";})(window);\n", filler,
                      "/* ]]> */\n</script><noscript>Please <a href=\"#\">",
                      "enable</a> JavaScript.</noscript></div>");
}

}  // namespace

Checkout::Checkout(OrderBook& orders, Identifiers& ids, Ledger& ledger,
                   absl::Time now)
    : orders_(orders), ids_(ids), ledger_(ledger) {
  Make(ids_.Uuid(IdKind::kCheckoutOrder, 0), SeededOrder(), now);
  Make(ids_.Uuid(IdKind::kCheckoutOrder, 1), SeededOrder(), now);
  Complete(ids_.Uuid(IdKind::kCheckoutOrder, 1), now);
  Make(ids_.Uuid(IdKind::kCheckoutOrder, 2), SeededOrder(),
       now - 2 * kLifetime);
}

Checkout::Entry& Checkout::Make(std::string id, json data, absl::Time now) {
  auto entry = std::make_unique<Entry>();
  entry->id = std::move(id);
  entry->data = std::move(data);
  entry->started_at = entry->modified_at = now;
  Entry& made = *entry;
  entries_[made.id] = std::move(entry);
  return made;
}

Checkout::Entry* Checkout::Find(absl::string_view id, absl::Time now) {
  const auto it = entries_.find(id);
  if (it == entries_.end()) return nullptr;
  Entry& order = *it->second;
  if (order.state == State::kIncomplete &&
      now >= order.modified_at + kLifetime) {
    return nullptr;
  }
  return &order;
}

bool Checkout::Complete(absl::string_view id, absl::Time now) {
  Entry* order = Find(id, now);
  if (order == nullptr || order->state != State::kIncomplete) return false;
  order->state = State::kComplete;
  order->completed_at = order->modified_at = now;
  const json address = {{"given_name", "Testperson-gb"},
                        {"family_name", "Approved"},
                        {"email", "shopper@example.com"},
                        {"street_address", "33 Example Square"},
                        {"postal_code", "W1G 0PW"},
                        {"city", "London"},
                        {"phone", "+44 20 0000 0000"},
                        {"country", TextOf(order->data, "purchase_country")}};
  if (!Has(order->data, "billing_address")) {
    order->data["billing_address"] = address;
  }
  if (!Has(order->data, "shipping_address")) {
    order->data["shipping_address"] = order->data["billing_address"];
  }
  PlaceOrder(order->data, order->id, "invoice", now, &ids_, &orders_);
  return true;
}

Answer Checkout::Handle(const Call& call) {
  if (call.operation.op == Op::kCreateCheckoutOrder) return Create(call);
  Entry* order = Find(call.parameters[0], call.now);
  // Nothing tells unknown from expired, and there is no body.
  if (order == nullptr) return Empty(404);
  switch (call.operation.op) {
    case Op::kUpdateCheckoutOrder:
      return Update(call, *order);
    case Op::kAbortCheckoutOrder:
      return Abort(call, *order);
    default:
      return Reply(call, 200, Body(*order));
  }
}

Answer Checkout::Create(const Call& call) {
  const Entry& order =
      Make(ids_.Next(IdKind::kCheckoutOrder), call.body, call.now);
  Record(call, order.id, IntegerOf(order.data, "order_amount"), &ledger_);
  Answer answer = Reply(call, 201, Body(order));
  answer.headers.push_back(
      {"Location", absl::StrCat(kHost, "/checkout/v3/orders/", order.id)});
  return answer;
}

Answer Checkout::Update(const Call& call, Entry& order) {
  if (order.state != State::kIncomplete) {
    return Refuse(call, 403, "READ_ONLY_ORDER", "Order is read only.");
  }
  order.data.update(call.body);
  order.modified_at = call.now;
  Record(call, order.id, IntegerOf(order.data, "order_amount"), &ledger_);
  return Reply(call, 200, Body(order));
}

Answer Checkout::Abort(const Call& call, Entry& order) {
  if (order.state == State::kComplete) {
    return Refuse(call, 403, "READ_ONLY_ORDER", "Order is read only.");
  }
  if (order.state != State::kAborted) {
    order.state = State::kAborted;
    order.modified_at = call.now;
    Record(call, order.id, 0, &ledger_);
  }
  return Reply(call, 200, Body(order));
}

json Checkout::Body(const Entry& order) {
  json body = order.data;
  body["order_id"] = order.id;
  body["status"] = order.state == State::kComplete  ? "checkout_complete"
                   : order.state == State::kAborted ? "checkout_aborted"
                                                    : "checkout_incomplete";
  body["purchase_country"] =
      absl::AsciiStrToLower(TextOf(body, "purchase_country"));
  for (const char* name : {"billing_address", "shipping_address"}) {
    if (Has(body, name)) body[name] = ReadAddress(body[name]);
  }
  if (!Has(body, "customer")) body["customer"] = json::object();
  body["html_snippet"] = HtmlSnippet(order.id);
  body["started_at"] = Timestamp(order.started_at);
  body["last_modified_at"] = Timestamp(order.modified_at);
  body["payment_type_allows_increase"] = false;
  if (order.state == State::kComplete) {
    body["completed_at"] = Timestamp(order.completed_at);
  }
  return body;
}

}  // namespace klarna::sandbox

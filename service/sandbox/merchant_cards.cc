// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/merchant_cards.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/sandbox/effects.h"
#include "service/sandbox/json_text.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

constexpr absl::Duration kPromiseLifetime = absl::Hours(24);
// How long a request to cancel is pending.
constexpr absl::Duration kCancelTime = absl::Hours(1);

int64_t SumOf(const json& cards) {
  int64_t sum = 0;
  for (const json& card : cards) sum += IntegerOf(card, "amount");
  return sum;
}

template <typename Map>
const typename Map::mapped_type* FindById(const Map& map,
                                          absl::string_view id) {
  for (const auto& [order, value] : map) {
    if (value.id == id) return &value;
  }
  return nullptr;
}

Answer NotFound(const Call& call, absl::string_view what) {
  return Refuse(call, 404, "NOT_FOUND", absl::StrCat(what, " cannot be found"));
}

}  // namespace

MerchantCards::MerchantCards(OrderBook& orders, Identifiers& ids,
                             Ledger& ledger, absl::Time now)
    : orders_(orders), ids_(ids), ledger_(ledger) {
  const std::string order = ids_.Uuid(IdKind::kOrder, 1);
  const Promise& promise =
      promises_[order] = {.id = ids_.Uuid(IdKind::kPromise, 0),
                          .order_id = order,
                          .cards = json::array({{{"amount", 1000},
                                                 {"currency", "EUR"},
                                                 {"fund_amount", 1000},
                                                 {"reference", "CARD-1"}}}),
                          .created_at = now};
  Issue(promise, ids_.Uuid(IdKind::kCardSettlement, 0), now);
}

Answer MerchantCards::Handle(const Call& call) {
  switch (call.operation.op) {
    case Op::kCreatePromise:
      return CreatePromise(call);
    case Op::kReadPromise:
      return ReadPromise(call);
    case Op::kSettlePromise:
      return Settle(call);
    case Op::kRequestCardCancel:
      return RequestCancel(call);
    case Op::kReadCardCancel:
      return ReadCancel(call);
    default:
      return ReadSettlement(call);
  }
}

Answer MerchantCards::CreatePromise(const Call& call) {
  const std::string order_id = TextOf(call.body, "order_id");
  const Order* order = orders_.Find(order_id);
  if (order == nullptr) {
    return Refuse(call, 400, "BAD_VALUE", "Bad value: order_id");
  }
  const json& cards = call.body["cards"];
  if (SumOf(cards) > order->Remaining(call.now)) {
    return Refuse(call, 400, "BAD_VALUE", "Bad value: cards");
  }
  const Promise& promise =
      promises_[order_id] = {.id = ids_.Next(IdKind::kPromise),
                             .order_id = order_id,
                             .cards = cards,
                             .created_at = call.now};
  Record(call, promise.id, SumOf(cards), &ledger_);
  return Reply(call, 201,
               {{"promise_id", promise.id},
                {"expires_at", Timestamp(call.now + kPromiseLifetime)}});
}

// The time that was `expires_at` on creation is `expire_at` here.
Answer MerchantCards::ReadPromise(const Call& call) const {
  const Promise* promise = FindById(promises_, call.parameters[0]);
  if (promise == nullptr) return NotFound(call, "Promise");
  return Reply(
      call, 200,
      {{"promise_id", promise->id},
       {"order_id", promise->order_id},
       {"cards", promise->cards},
       {"created_at", Timestamp(promise->created_at)},
       {"expire_at", Timestamp(promise->created_at + kPromiseLifetime)}});
}

const MerchantCards::Settlement& MerchantCards::Issue(const Promise& promise,
                                                      std::string id,
                                                      absl::Time now) {
  json cards = json::array();
  for (const json& wanted : promise.cards) {
    const std::string card = ids_.Next(IdKind::kCard);
    cards.push_back({{"reference", TextOf(wanted, "reference")},
                     {"card_id", card},
                     {"amount", IntegerOf(wanted, "amount")},
                     {"currency", TextOf(wanted, "currency")},
                     {"pci_data", absl::StrCat("c2FuZGJveC0", card)},
                     {"iv", "c2FuZGJveC1pdg=="},
                     {"aes_key", "c2FuZGJveC1rZXk="},
                     {"brand", "VISA"},
                     {"holder", "Jane Doe"}});
  }
  return settlements_[promise.order_id] = {.id = std::move(id),
                                           .promise_id = promise.id,
                                           .order_id = promise.order_id,
                                           .cards = std::move(cards),
                                           .created_at = now};
}

json MerchantCards::SettlementJson(const Settlement& settlement) const {
  return {{"settlement_id", settlement.id},
          {"promise_id", settlement.promise_id},
          {"order_id", settlement.order_id},
          {"cards", settlement.cards},
          {"created_at", Timestamp(settlement.created_at)},
          {"expires_at", Timestamp(settlement.created_at + kPromiseLifetime)}};
}

Answer MerchantCards::Settle(const Call& call) {
  const auto promise = promises_.find(TextOf(call.body, "order_id"));
  const std::string wanted = TextOf(call.body, "promise_id");
  if (promise == promises_.end() ||
      (!wanted.empty() && wanted != promise->second.id)) {
    return Refuse(call, 400, "BAD_VALUE",
                  promise == promises_.end() ? "Bad value: order_id"
                                             : "Bad value: promise_id");
  }
  if (call.now >= promise->second.created_at + kPromiseLifetime ||
      settlements_.contains(promise->first)) {
    return Refuse(call, 403, "NOT_ALLOWED",
                  "The promise has expired or is settled");
  }
  const Settlement& settlement =
      Issue(promise->second, ids_.Next(IdKind::kCardSettlement), call.now);
  Record(call, settlement.id, SumOf(settlement.cards), &ledger_);
  return Reply(call, 201, SettlementJson(settlement));
}

Answer MerchantCards::ReadSettlement(const Call& call) const {
  if (call.request.Find("KeyId") == nullptr) {
    return Refuse(call, 400, "BAD_VALUE", "Bad value: KeyId");
  }
  const Settlement* settlement = nullptr;
  if (call.operation.op == Op::kReadCardSettlement) {
    settlement = FindById(settlements_, call.parameters[0]);
  } else if (const auto it = settlements_.find(call.parameters[0]);
             it != settlements_.end()) {
    settlement = &it->second;
  }
  if (settlement == nullptr) return NotFound(call, "Settlement");
  return Reply(call, 200, SettlementJson(*settlement));
}

Answer MerchantCards::RequestCancel(const Call& call) {
  const std::string& order = call.parameters[0];
  if (!settlements_.contains(order)) return NotFound(call, "Card settlement");
  const auto [request, is_new] = cancel_requests_.try_emplace(order, call.now);
  if (is_new) Record(call, order, 0, &ledger_);
  if (call.now >= request->second + kCancelTime) {
    return Reply(call, 200, {{"status", "CANCELLED"}});
  }
  return Reply(call, 202,
               {{"status", "PENDING"},
                {"check_after", Timestamp(request->second + kCancelTime)}});
}

// The 400 of a request that was never made is no error object.
Answer MerchantCards::ReadCancel(const Call& call) const {
  const std::string& order = call.parameters[0];
  if (!settlements_.contains(order)) return NotFound(call, "Card settlement");
  const auto request = cancel_requests_.find(order);
  if (request == cancel_requests_.end()) {
    return Reply(call, 400,
                 {{"status", "NO_REQUEST_FOUND"},
                  {"reason_code", "NO_REQUEST_FOUND"},
                  {"reason_message", "No cancel request found for the order"}});
  }
  if (call.now >= request->second + kCancelTime) {
    return Reply(call, 200, {{"status", "CANCELLED"}});
  }
  return Reply(call, 200,
               {{"status", "PENDING"},
                {"check_after", Timestamp(request->second + kCancelTime)}});
}

}  // namespace klarna::sandbox

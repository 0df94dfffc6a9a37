// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/payments.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/sandbox/effects.h"
#include "service/sandbox/json_text.h"
#include "service/sandbox/new_order.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

constexpr absl::Duration kSessionLifetime = absl::Hours(48);
constexpr absl::Duration kAuthorizationLifetime = absl::Minutes(60);
constexpr absl::string_view kMethod = "slice_it_by_card";

json AssetUrls() {
  return {{"descriptive", "https://assets.klarna.example/badges/klarna.svg"},
          {"standard", "https://assets.klarna.example/badges/klarna.svg"}};
}

json Categories() {
  const json urls = AssetUrls();
  return json::array({{{"identifier", "pay_later"},
                       {"name", "Buy now, pay later"},
                       {"asset_urls", urls}},
                      {{"identifier", "pay_over_time"},
                       {"name", "Monthly financing"},
                       {"asset_urls", urls}}});
}

// Klarna's are unsigned JWTs of some kilobytes.
std::string ClientToken(absl::string_view session) {
  const std::string claims =
      absl::StrCat("{\"session_id\":\"", session, "\",\"padding\":\"",
                   std::string(600, 's'), "\"}");
  return absl::StrCat(absl::WebSafeBase64Escape("{\"alg\":\"none\"}"), ".",
                      absl::WebSafeBase64Escape(claims), ".");
}

json SeededSession() {
  return {{"purchase_country", "SE"},
          {"purchase_currency", "SEK"},
          {"locale", "sv-SE"},
          {"intent", "buy"},
          {"order_amount", 12900},
          {"order_tax_amount", 2580},
          {"merchant_reference1", "CART-1"},
          {"order_lines", json::array({{{"type", "physical"},
                                        {"reference", "RS-24"},
                                        {"name", "Ryggsäck 24 l"},
                                        {"quantity", 1},
                                        {"unit_price", 12900},
                                        {"tax_rate", 2500},
                                        {"total_amount", 12900},
                                        {"total_tax_amount", 2580}}})}};
}

// What differs between what was approved and what is to be placed; "" if
// nothing that Klarna compares.
std::string Mismatch(const json& approved, const json& placed) {
  const size_t expected =
      Has(approved, "order_lines") ? approved["order_lines"].size() : 0;
  const size_t actual = placed["order_lines"].size();
  if (expected != actual) {
    return absl::StrCat("Incorrect number of items in the cart. Expected: ",
                        expected, ", Actual: ", actual);
  }
  for (const absl::string_view name :
       {"order_amount", "purchase_currency", "purchase_country"}) {
    if (TextOf(approved, name) != TextOf(placed, name)) {
      return std::string(name);
    }
  }
  return "";
}

}  // namespace

Payments::Payments(const OpenQuestions& open, OrderBook& orders,
                   CustomerTokens& tokens, Identifiers& ids, Ledger& ledger,
                   absl::Time now)
    : open_(open),
      orders_(orders),
      tokens_(tokens),
      ids_(ids),
      ledger_(ledger) {
  MakeSession(ids_.Uuid(IdKind::kPaymentSession, 0), SeededSession(), now);
  MakeSession(ids_.Uuid(IdKind::kPaymentSession, 1), SeededSession(), now);
  Authorize(ids_.Uuid(IdKind::kPaymentSession, 1), now);
}

Payments::Session& Payments::MakeSession(std::string id, json data,
                                         absl::Time now) {
  auto session = std::make_unique<Session>();
  session->id = std::move(id);
  session->data = std::move(data);
  session->expires_at = now + kSessionLifetime;
  Session& made = *session;
  sessions_[made.id] = std::move(session);
  return made;
}

Payments::Session* Payments::FindSession(absl::string_view id,
                                         absl::Time now) const {
  const auto it = sessions_.find(id);
  if (it == sessions_.end() || now >= it->second->expires_at) return nullptr;
  return it->second.get();
}

bool Payments::HasSession(absl::string_view id, absl::Time now) const {
  return FindSession(id, now) != nullptr;
}

Payments::Authorization* Payments::FindAuthorization(absl::string_view token,
                                                     absl::Time now) {
  const auto it = authorizations_.find(token);
  if (it == authorizations_.end()) return nullptr;
  Authorization& authorization = *it->second;
  // An answer that was given stays; what was never used expires.
  if (!authorization.placed && now >= authorization.expires_at) return nullptr;
  return &authorization;
}

std::optional<std::string> Payments::Authorize(absl::string_view id,
                                               absl::Time now) {
  Session* session = FindSession(id, now);
  if (session == nullptr || session->complete) return std::nullopt;
  auto authorization = std::make_unique<Authorization>();
  authorization->session = session->id;
  authorization->approved = session->data;
  authorization->expires_at = now + kAuthorizationLifetime;
  session->authorization_token = ids_.Next(IdKind::kAuthorization);
  authorizations_[session->authorization_token] = std::move(authorization);
  return session->authorization_token;
}

const Order& Payments::PlaceApproved(absl::string_view token, bool capture,
                                     absl::Time now) {
  const auto it = authorizations_.find(token);
  json body = it->second->approved;
  body["auto_capture"] = capture;
  sessions_.at(it->second->session)->complete = true;
  authorizations_.erase(it);
  return sandbox::PlaceOrder(body, ids_.Next(IdKind::kOrder), kMethod, now,
                             &ids_, &orders_);
}

Answer Payments::Handle(const Call& call) {
  switch (call.operation.op) {
    case Op::kCreateSession:
      return CreateSession(call);
    case Op::kUpdateSession:
      return UpdateSession(call);
    case Op::kCancelAuthorization:
      return CancelAuthorization(call);
    case Op::kPlaceOrder:
      return PlaceOrder(call);
    case Op::kCreateCustomerToken:
      return CreateToken(call);
    default:
      return ReadSession(call);
  }
}

Answer Payments::CreateSession(const Call& call) {
  const Session& session =
      MakeSession(ids_.Next(IdKind::kPaymentSession), call.body, call.now);
  Record(call, session.id, 0, &ledger_);
  return Reply(
      call, 200,
      {{"session_id", session.id},
       {"client_token", ClientToken(session.id)},
       {"payment_method_categories", Categories()},
       // In no document, but recorded.
       {"descriptor",
        {{"tagline", "Choose your way to pay"}, {"asset_urls", AssetUrls()}}}});
}

Answer Payments::UpdateSession(const Call& call) {
  Session* session = FindSession(call.parameters[0], call.now);
  if (session == nullptr) {
    return Refuse(call, 404, "NOT_FOUND", "Invalid session id");
  }
  if (session->complete) {
    return Refuse(call, 404, "SESSION_COMPLETED", "Session is completed");
  }
  session->data.update(call.body);
  session->expires_at = call.now + kSessionLifetime;
  Record(call, session->id, 0, &ledger_);
  return Empty(204);
}

Answer Payments::ReadSession(const Call& call) {
  const Session* session = FindSession(call.parameters[0], call.now);
  if (session == nullptr) {
    return Refuse(call, 404, "NOT_FOUND", "Invalid session id");
  }
  json body = session->data;
  body["status"] = session->complete ? "complete" : "incomplete";
  body["client_token"] = ClientToken(session->id);
  body["expires_at"] = Timestamp(session->expires_at);
  body["payment_method_categories"] = Categories();
  if (!session->authorization_token.empty()) {
    body["authorization_token"] = session->authorization_token;
  }
  return Reply(call, 200, body);
}

Answer Payments::CancelAuthorization(const Call& call) {
  const Authorization* authorization =
      FindAuthorization(call.parameters[0], call.now);
  if (authorization == nullptr) {
    return Refuse(call, 404, "NOT_FOUND", "Authorization cannot be deleted");
  }
  if (authorization->placed || authorization->token_made) {
    return Refuse(call, 403, "INVALID_OPERATION",
                  "Authorization token already consumed");
  }
  authorizations_.erase(call.parameters[0]);
  Record(call, call.parameters[0], 0, &ledger_);
  return Empty(204);
}

Answer Payments::PlaceOrder(const Call& call) {
  Authorization* authorization =
      FindAuthorization(call.parameters[0], call.now);
  const bool forgotten = open_.placed_token_is_unknown &&
                         authorization != nullptr && authorization->placed &&
                         authorization->placed->status == 200;
  if (authorization == nullptr || forgotten) {
    return Refuse(call, 404, "NOT_FOUND", "Invalid authorization token");
  }
  const std::string body = Sha256Hex(call.request.body);
  if (authorization->placed) {
    if (authorization->placed->status == 200 &&
        authorization->placed_body != body) {
      return Refuse(
          call, 409, "BAD_VALUE",
          "The order has been already completed with different request body");
    }
    return *authorization->placed;
  }
  authorization->placed = PlaceNewOrder(call, *authorization);
  authorization->placed_body = body;
  return *authorization->placed;
}

Answer Payments::PlaceNewOrder(const Call& call,
                               const Authorization& authorization) {
  const std::string mismatch = Mismatch(authorization.approved, call.body);
  if (!mismatch.empty()) {
    return Refuse(call, 409, "BAD_VALUE",
                  absl::StrCat("Not matching fields: [", mismatch, "]"));
  }
  const Order& order = sandbox::PlaceOrder(call.body, ids_.Next(IdKind::kOrder),
                                           kMethod, call.now, &ids_, &orders_);
  const auto session = sessions_.find(authorization.session);
  if (session != sessions_.end()) session->second->complete = true;
  Record(call, order.id, order.amount, &ledger_);
  return Reply(
      call, 200,
      {{"order_id", order.id},
       {"redirect_url",
        absl::StrCat("https://payments.playground.klarna.com/sessions/",
                     authorization.session, "/redirect")},
       {"fraud_status", order.fraud_status},
       {"authorized_payment_method", {{"type", kMethod}}}});
}

Answer Payments::CreateToken(const Call& call) {
  Authorization* authorization =
      FindAuthorization(call.parameters[0], call.now);
  if (authorization == nullptr) {
    return Refuse(call, 404, "NOT_FOUND", "Invalid authorization token");
  }
  if (authorization->token_made) {
    return Refuse(call, 403, "INVALID_OPERATION",
                  "Authorization token already consumed");
  }
  authorization->token_made = true;
  const std::string token = tokens_.Add(TextOf(call.body, "purchase_currency"));
  Record(call, token, 0, &ledger_);
  json body = {{"token_id", token},
               {"redirect_url",
                absl::StrCat("https://payments.playground.klarna.com/tokens/",
                             token, "/redirect")}};
  if (Has(call.body, "billing_address")) {
    body["billing_address"] = call.body["billing_address"];
  }
  return Reply(call, 200, body);
}

}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/shipping.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/sandbox/effects.h"
#include "service/sandbox/json_text.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

constexpr absl::string_view kAuthType =
    "application/vdn.klarna.shipping.auth-v1+json";
constexpr absl::string_view kSelectType =
    "application/vdn.klarna.shipping.select_option-v1+json";

Answer ReplyAs(const Call& call, absl::string_view type, int status,
               const json& body) {
  Answer answer = Reply(call, status, body);
  answer.headers[0].value = std::string(type);
  return answer;
}

json Option(absl::string_view id, absl::string_view type,
            absl::string_view name, int64_t price) {
  return {
      {"id", id},
      {"type", type},
      {"carrier", "postnord"},
      {"class", id},
      {"name", name},
      {"price", price},
      {"tax_rate", 2500},
      {"tax_amount", price / 5},
      {"preview", false},
      {"delivery_time",
       {{"interval", {{"earliest", 1}, {"latest", 3}}}, {"cutoff", "14:00"}}}};
}

// The options every recipient is offered.
json Offer() {
  json pickup = Option("standard", "pickup-point", "Pickup point", 4900);
  pickup["locations"] =
      json::array({{{"id", "p1"},
                    {"name", "Kiosk Söder"},
                    {"address",
                     {{"street_address", "Götgatan 1"},
                      {"postal_code", "11646"},
                      {"city", "Stockholm"},
                      {"country", "SE"}}},
                    {"coordinates", {{"lat", 59.3172}, {"lng", 18.0731}}},
                    {"price", 0}}});
  pickup["features"] = json::array({{{"class", "badge"}, {"type", "eco"}}});
  json express = Option("express", "delivery-address", "Express", 9900);
  express["timeslots"] = json::array({{{"id", "t1"},
                                       {"start", "2030-06-20T17:00+02:00"},
                                       {"end", "2030-06-20T21:00+02:00"},
                                       {"cutoff", "2030-06-20T12:00+02:00"},
                                       {"price", 1000}}});
  express["addons"] = json::array({{{"id", "code"},
                                    {"type", "entry-code"},
                                    {"price", 0},
                                    {"preselected", false},
                                    {"required", false},
                                    {"max_length", 10}}});
  return json::array({std::move(pickup), std::move(express)});
}

}  // namespace

Shipping::Shipping(const SandboxOptions& options, Identifiers& ids,
                   Ledger& ledger)
    : options_(options),
      ids_(ids),
      ledger_(ledger),
      keys_({options.shipping_key}) {}

void Shipping::SetKeys(std::vector<std::string> keys) {
  if (keys.empty()) return;
  keys_ = std::move(keys);
  tokens_.clear();
}

Answer Shipping::Handle(const Call& call) {
  if (call.operation.op == Op::kShippingAuth) return Auth(call);
  if (!HasToken(call)) return Empty(401);
  if (call.operation.op == Op::kShippingOptions) return Options(call);
  if (call.operation.op == Op::kCreateShipment) return Reserve(call);
  const auto it = shipments_.find(call.parameters[0]);
  if (it == shipments_.end()) {
    return Refuse(call, 404, "", "shipment_not_found");
  }
  return call.operation.op == Op::kUpdateShipment ? Update(call, it->second)
                                                  : Confirm(call, it->second);
}

bool Shipping::HasToken(const Call& call) const {
  const std::string* header = call.request.Find("Authorization");
  if (header == nullptr) return false;
  absl::string_view token = *header;
  if (!absl::ConsumePrefix(&token, "Bearer ")) return false;
  const auto it = tokens_.find(token);
  return it != tokens_.end() && call.now < it->second;
}

// The digest is SHA-256 of nonce and key; Klarna writes it in upper case, an
// integrator's code in lower.
Answer Shipping::Auth(const Call& call) {
  const json& secret = call.body["secret"];
  const std::string nonce = TextOf(secret, "nonce");
  const std::string digest = TextOf(secret, "digest");
  const bool proven =
      std::any_of(keys_.begin(), keys_.end(), [&](const std::string& key) {
        return absl::EqualsIgnoreCase(digest, Sha256Hex(nonce + key));
      });
  if (TextOf(call.body, "identifier") != options_.shipping_identifier ||
      !proven) {
    return Empty(401);
  }
  const std::string token = ids_.Next(IdKind::kShippingToken);
  tokens_[token] = call.now + options_.token_lifetime;
  return ReplyAs(call, kAuthType, 201, {{"token", token}});
}

Answer Shipping::Options(const Call& call) const {
  return Reply(call, 200, {{"shipping_options", Offer()}});
}

Answer Shipping::Reserved(const Call& call, int status,
                          const std::string& id) const {
  Answer answer =
      ReplyAs(call, kSelectType, status,
              {{"shipment_id", id},
               {"selected_shipping_option", {{"carrier", "postnord"}}}});
  answer.headers.push_back({"Location", absl::StrCat("/shipment/", id)});
  return answer;
}

Answer Shipping::Reserve(const Call& call) {
  const std::string option =
      TextOf(call.body["selected_shipping_option"], "id");
  if (option != "standard" && option != "express") {
    return ReplyAs(call, kSelectType, 400,
                   {{"failure_reason", "shipping_option_not_available"}});
  }
  const std::string session = TextOf(call.body, "session_id");
  const auto known = by_session_.find(session);
  if (!session.empty() && known != by_session_.end()) {
    return Reserved(call, 201, known->second);
  }
  const std::string id = ids_.Next(IdKind::kShipment);
  shipments_[id] = {.id = id};
  if (!session.empty()) by_session_[session] = id;
  Record(call, id, 0, &ledger_);
  return Reserved(call, 201, id);
}

Answer Shipping::Update(const Call& call, Shipment& shipment) {
  Record(call, shipment.id, 0, &ledger_);
  return Reserved(call, 200, shipment.id);
}

Answer Shipping::Confirm(const Call& call, Shipment& shipment) {
  if (!std::exchange(shipment.confirmed, true)) {
    Record(call, shipment.id, 0, &ledger_);
  }
  return Empty(200);
}

}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#include "tests/service/sandbox/tour.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

constexpr char kShippingInfo[] =
    R"({"shipping_info":[{"shipping_company":"c","tracking_number":"1"}]})";

}  // namespace

Tour::Tour(World& world) : world_(world) {
  for (const Part part : kParts) AddPart(part);
}

Tour::Tour(World& world, Part part) : world_(world) { AddPart(part); }

void Tour::AddPart(Part part) {
  switch (part) {
    case Part::kOrderManagement:
      return AddOrderManagement();
    case Part::kSettlements:
      return AddSettlements();
    case Part::kDisputes:
      return AddDisputes();
    case Part::kCheckout:
      return AddCheckout();
    case Part::kPayments:
      return AddPayments();
    case Part::kTokensAndPages:
      return AddTokensAndPages();
    case Part::kCards:
      return AddCards();
    case Part::kShipping:
      return AddShipping();
  }
}

void Tour::Add(std::string method, absl::string_view target, std::string body,
               std::vector<Header> headers) {
  const size_t question = std::min(target.find('?'), target.size());
  requests_.push_back(
      {std::move(method), std::string(target.substr(0, question)),
       std::string(target.substr(std::min(question + 1, target.size()))),
       std::move(headers), std::move(body)});
}

std::string Tour::NewSession() {
  return JsonOf(world_.Post("/payments/v1/sessions", OrderBody(500)))
      .value("session_id", "");
}

std::string Tour::NewAuthorization() {
  return absl::StrCat("/payments/v1/authorizations/",
                      *world_.klarna.AuthorizeSession(NewSession()));
}

void Tour::AddOrderManagement() {
  order_ = absl::StrCat("/ordermanagement/v1/orders/", world_.NewOrder(10000));
  capture_ = absl::StrCat(
      order_, "/captures/",
      HeaderOf(world_.Post(order_ + "/captures", R"({"captured_amount":4000})"),
               "Capture-Id"));
  AddOrderManagementReads();
  AddOrderManagementWrites();
}

void Tour::AddOrderManagementReads() {
  const std::string refund =
      HeaderOf(world_.Post(order_ + "/refunds", R"({"refunded_amount":100})"),
               "Refund-Id");
  Add("GET", order_);
  Add("GET", order_ + "/captures");
  Add("GET", capture_);
  Add("GET", capture_ + "/extend-due-date-options");
  Add("GET", absl::StrCat(order_, "/refunds/", refund));
  for (const std::string& id : world_.klarna.orders().SeededIds(25)) {
    Add("GET", "/ordermanagement/v1/orders/" + id);
  }
}

void Tour::AddOrderManagementWrites() {
  Add("POST", order_ + "/acknowledge");
  Add("PATCH", order_ + "/authorization", R"({"order_amount":9000})");
  Add("POST", order_ + "/captures",
      R"({"captured_amount":1,"reference":"C1"})");
  Add("PATCH", capture_ + "/extend-due-date", R"({"number_of_days":14})");
  Add("POST", capture_ + "/shipping-info", kShippingInfo);
  Add("POST", capture_ + "/trigger-send-out");
  Add("PATCH", order_ + "/customer-details",
      R"({"shipping_address":{"city":"Ystad"}})");
  Add("POST", order_ + "/extend-authorization-time");
  Add("PATCH", order_ + "/merchant-references",
      R"({"merchant_reference1":"a"})");
  Add("POST", order_ + "/refunds", R"({"refunded_amount":1})");
  Add("POST", order_ + "/release-remaining-authorization");
  Add("POST", order_ + "/shipping-info", kShippingInfo);
  Add("POST", absl::StrCat("/ordermanagement/v1/orders/", world_.NewOrder(),
                           "/cancel"));
}

void Tour::AddSettlements() {
  const std::string period = "?start_date=2025-01-01&end_date=2025-12-31";
  const std::string payout = "?payment_reference=PAYOUT00001";
  Add("GET", "/settlements/v1/payouts");
  Add("GET", "/settlements/v1/payouts/PAYOUT00001");
  Add("GET", "/settlements/v1/payouts/summary" + period);
  Add("GET", "/settlements/v1/transactions?size=500");
  Add("GET", "/settlements/v1/reports/payout" + payout);
  Add("GET", "/settlements/v1/reports/payout-with-transactions" + payout);
  Add("GET", "/settlements/v1/reports/payouts-summary" + period);
  Add("GET",
      "/settlements/v1/reports/payouts-summary-with-transactions" + period);
}

void Tour::AddDisputes() {
  const std::string base = "/v4/payment/disputes/";
  std::map<std::string, std::vector<std::string>> by_state;
  const json list = world_.Read("/v4/payment/disputes?size=100");
  for (const json& dispute : list["disputes"]) {
    by_state[dispute["state"]].push_back(dispute["payment_dispute_id"]);
  }
  for (const auto& [state, ids] : by_state) Add("GET", base + ids[0]);
  Add("GET", "/v4/payment/disputes?size=3");
  const std::string& id = by_state["INITIATED"][0];
  const std::string file = id + ":attachment:1";
  Add("GET", absl::StrCat(base, id, "/attachments/", file, "/download"));
  Add("POST", absl::StrCat(base, id, "/attachments"),
      "--b\r\nContent-Disposition: form-data; name=\"file\"; "
      "filename=\"a.pdf\"\r\n\r\nx\r\n--b--\r\n",
      {{"Content-Type", "multipart/form-data; boundary=b"}});
  Add("POST", absl::StrCat(base, id, "/represent"),
      absl::StrCat(R"({"attachments":[{"payment_dispute_attachment_id":")",
                   file, R"("}]})"));
  Add("POST", absl::StrCat(base, by_state["PRE_ARBITRATION"][0], "/appeal"),
      R"({"additional_information":"x"})");
  Add("POST", absl::StrCat(base, by_state["INITIATED"][1], "/accept-loss"));
  Add("POST", base + "merchants/m/enroll");
  Add("POST", base + "partners/p/enroll", R"({"client_id":"c"})");
}

void Tour::AddCheckout() {
  const std::string orders = "/checkout/v3/orders";
  const std::string order =
      absl::StrCat(orders, "/", world_.Id("checkout order"));
  Add("GET", order);
  Add("GET", absl::StrCat(orders, "/", world_.Id("checkout order, completed")));
  Add("POST", order, OrderBody(100));
  Add("POST", orders, OrderBody(100));
  Add("POST", order + "/abort");
}

void Tour::AddPayments() {
  const std::string sessions = "/payments/v1/sessions";
  for (const char* kind :
       {"payments session", "payments session, authorised"}) {
    Add("GET", absl::StrCat(sessions, "/", world_.Id(kind)));
  }
  Add("POST", sessions, OrderBody(100));
  Add("POST", absl::StrCat(sessions, "/", NewSession()), OrderBody(100));
  Add("POST", NewAuthorization() + "/order", OrderBody(500));
  Add("DELETE", NewAuthorization());
  Add("POST", NewAuthorization() + "/customer-token",
      R"({"description":"d","intended_use":"SUBSCRIPTION","locale":"sv-SE",
          "purchase_country":"SE","purchase_currency":"SEK"})");
}

void Tour::AddTokensAndPages() {
  const std::string tokens = "/customer-token/v1/tokens/";
  for (const char* kind : {"customer token", "customer token, card",
                           "customer token, direct debit"}) {
    Add("GET", tokens + world_.Id(kind));
  }
  const std::string token = tokens + world_.Id("customer token");
  Add("POST", token + "/order", OrderBody(100));
  Add("PATCH", token + "/status", R"({"status":"CANCELLED"})");

  const std::string pages = "/hpp/v1/sessions";
  const std::string page = absl::StrCat(pages, "/", world_.Id("hosted page"));
  Add("GET", page);
  Add("GET", absl::StrCat(pages, "/", world_.Id("hosted page, completed")));
  Add("POST", pages,
      absl::StrCat(R"({"payment_session_url":"https://h/)", NewSession(),
                   "\"}"));
  Add("POST", page + "/distribution",
      R"({"contact_information":{"email":"a@example.com"},"method":"email"})");
  Add("DELETE", page);
}

void Tour::AddCards() {
  const std::string base = "/merchantcard/v3/";
  const std::string settled = world_.Id("order, authorized");
  const std::vector<Header> key = {{"KeyId", "k"}};
  Add("GET", absl::StrCat(base, "promises/", world_.Id("card promise")));
  Add("GET", absl::StrCat(base, "settlements/", world_.Id("card settlement")),
      "", key);
  Add("GET", absl::StrCat(base, "settlements/order/", settled), "", key);
  Add("GET", absl::StrCat(base, "orders/", settled, "/cancel-request"));

  const std::string order = world_.NewOrder(10000);
  const std::string cancel =
      absl::StrCat(base, "orders/", order, "/cancel-request");
  Add("POST", base + "promises",
      absl::StrCat(R"({"order_id":")", order,
                   R"(","cards":[{"reference":"r","currency":"SEK",)"
                   R"("amount":100,"fund_amount":100}]})"));
  Add("POST", base + "settlements",
      absl::StrCat(R"({"key_id":"k","order_id":")", order, "\"}"));
  Add("POST", cancel);
  Add("GET", cancel);
}

void Tour::AddShipping() {
  const std::string auth = absl::StrCat(
      R"({"identifier":"sandbox","secret":{"nonce":"n","digest":")",
      Sha256Hex("n" + SandboxOptions{}.shipping_key), "\"}}");
  const std::vector<Header> bearer = {
      {"Authorization",
       absl::StrCat("Bearer ",
                    JsonOf(world_.Post("/auth", auth)).value("token", ""))}};
  // A reservation belongs to a shopping session.
  const auto choice = [](absl::string_view session) {
    return absl::StrCat(R"({"currency":"SEK","locale":"sv-SE","session_id":")",
                        session,
                        R"(","selected_shipping_option":{"id":"express"}})");
  };
  const std::string shipment =
      JsonOf(world_.Post("/shipment", choice("s1"), bearer))
          .value("shipment_id", "");
  Add("POST", "/auth", auth);
  Add("POST", "/shippingoptions", R"({"currency":"SEK","locale":"sv-SE"})",
      bearer);
  Add("POST", "/shipment", choice("s2"), bearer);
  Add("PUT", "/shipment/" + shipment, choice("s1"), bearer);
  Add("POST", absl::StrCat("/shipment/", shipment, "/confirm"), "", bearer);
}

}  // namespace klarna::sandbox

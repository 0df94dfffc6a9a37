// SPDX-License-Identifier: Apache-2.0
#include "client_stubs/cpp/purchase_step.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "client_stubs/cpp/order_step.h"
#include "client_stubs/cpp/request_id.h"
#include "client_stubs/cpp/status.h"
#include "client_stubs/cpp/text.h"

namespace klarna::demo {
namespace {

using gateway::v1::Outcome;
using order_management::v1::NewCapture;
using order_management::v1::NewRefund;
using order_management::v1::Order;
using order_management::v1::OrderManagementService;
using payments::v1::PaymentsService;
using OrderChange = order_management::v1::PublishRequest;
using OrderAnswer = order_management::v1::PublishResponse;
using PaymentsChange = payments::v1::PublishRequest;
using PaymentsAnswer = payments::v1::PublishResponse;

constexpr int64_t kBackpack = 12900;
constexpr int64_t kLamp = 5900;
constexpr int64_t kTotal = kBackpack + 2 * kLamp;

// Adds a line of goods that are taxed with 19 %.
template <typename Basket>
void AddLine(const char* name, int64_t quantity, int64_t price,
             Basket& basket) {
  const int64_t total = quantity * price;
  const int64_t tax = total - total * 10000 / 11900;
  auto& line = *basket.add_order_lines();
  line.set_name(name);
  line.set_quantity(quantity);
  line.set_unit_price(price);
  line.set_tax_rate(1900);
  line.set_total_amount(total);
  line.set_total_tax_amount(tax);
  basket.set_order_amount(basket.order_amount() + total);
  basket.set_order_tax_amount(basket.order_tax_amount() + tax);
}

// A session and the order it leads to have the same basket.
template <typename Basket>
void FillBasket(Basket& basket) {
  basket.set_purchase_country("DE");
  basket.set_purchase_currency("EUR");
  AddLine("Ryggsäck 24 l", 1, kBackpack, basket);
  AddLine("Desk lamp", 2, kLamp, basket);
}

// Makes the changes and notes what they should have done.
class Purchase {
 public:
  Purchase(PaymentsService::StubInterface& payments,
           OrderManagementService::StubInterface& orders)
      : payments_(payments), orders_(orders) {}

  absl::StatusOr<std::string> OpenSession() {
    PaymentsChange change;
    change.set_request_id(NewRequestId());
    FillBasket(*change.mutable_create_session()->mutable_session());
    return Publish<PaymentsAnswer>("open a session", kTotal, payments_, change);
  }

  absl::StatusOr<std::string> PlaceOrder(const std::string& token) {
    PaymentsChange change;
    change.set_request_id(NewRequestId());
    change.mutable_create_order()->set_authorization_token(token);
    FillBasket(*change.mutable_create_order()->mutable_order());
    return Publish<PaymentsAnswer>("place the order", kTotal, payments_,
                                   change);
  }

  absl::StatusOr<std::string> Capture(const char* what, int64_t amount,
                                      const std::string& order_id,
                                      const std::string& request_id) {
    OrderChange change;
    change.set_request_id(request_id);
    change.mutable_create_capture()->set_order_id(order_id);
    NewCapture& capture = *change.mutable_create_capture()->mutable_capture();
    capture.set_captured_amount(amount);
    return Publish<OrderAnswer>(what, amount, orders_, change);
  }

  absl::StatusOr<std::string> RefundLamp(const std::string& order_id) {
    OrderChange change;
    change.set_request_id(NewRequestId());
    change.mutable_create_refund()->set_order_id(order_id);
    NewRefund& refund = *change.mutable_create_refund()->mutable_refund();
    refund.set_refunded_amount(kLamp);
    refund.set_description("One lamp came back");
    return Publish<OrderAnswer>("refund of a lamp", kLamp, orders_, change);
  }

  // Prints the effects that the changes had. DATA_LOSS unless each had one.
  absl::Status CompareWithLedger(const std::vector<Effect>& ledger) const {
    absl::PrintF("\nEffects at the simulated Klarna\n");
    std::map<std::string, int> effects = effects_;
    for (const Effect& effect : ledger) {
      const auto it = effects.find(effect.idempotency_key);
      if (it == effects.end()) continue;  // Another caller's.
      ++it->second;
      absl::PrintF("  %-32s %8s  key %s\n", effect.operation,
                   Amount(effect.amount), effect.idempotency_key);
    }
    for (const auto& [key, count] : effects) {
      if (count == 1) continue;
      return absl::DataLossError(
          absl::StrCat("the change with Klarna-Idempotency-Key ", key,
                       " took effect ", count, " times instead of once"));
    }
    absl::PrintF("  %d changes were sent, %d took effect, each once\n", sent_,
                 effects.size());
    return absl::OkStatus();
  }

 private:
  // Sends a change, prints what became of it, and returns the id of what it
  // made.
  template <typename Answer, typename Stub, typename Change>
  absl::StatusOr<std::string> Publish(const char* what, int64_t amount,
                                      Stub& stub, const Change& change) {
    grpc::ClientContext context;
    // Longer than the gateway waits for Klarna, so that its verdict arrives.
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(90));
    Answer answer;
    absl::Status status = ToStatus(stub.Publish(&context, change, &answer));
    if (!status.ok()) return status;
    const Outcome& outcome = answer.outcome();
    ++sent_;
    effects_.emplace(outcome.idempotency_key(), 0);
    absl::PrintF(
        "  %-18s %8s  %-7s by %-6s  %s\n", what, Amount(amount),
        absl::StripPrefix(Verdict_Name(outcome.verdict()), "VERDICT_"),
        absl::StripPrefix(Evidence_Name(outcome.evidence()), "EVIDENCE_"),
        outcome.created_id());
    return outcome.created_id();
  }

  PaymentsService::StubInterface& payments_;
  OrderManagementService::StubInterface& orders_;
  int sent_ = 0;
  std::map<std::string, int> effects_;  // By idempotency key.
};

// DATA_LOSS unless the order is as the captures and the refund leave it.
absl::Status CheckAmounts(const Order& order) {
  if (order.captured_amount() == kTotal && order.refunded_amount() == kLamp &&
      order.remaining_authorized_amount() == 0) {
    return absl::OkStatus();
  }
  return absl::DataLossError(
      absl::StrCat("order ", order.order_id(), " should be captured with ",
                   Amount(kTotal), " and refunded with ", Amount(kLamp)));
}

}  // namespace

absl::Status BuyAndShip(PaymentsService::StubInterface& payments,
                        OrderManagementService::StubInterface& orders,
                        SimulatedKlarna& klarna) {
  absl::PrintF("\nA purchase\n");
  Purchase purchase(payments, orders);
  const auto session = purchase.OpenSession();
  if (!session.ok()) return session.status();
  const auto token = klarna.AuthorizeSession(*session);
  if (!token.ok()) return token.status();
  absl::PrintF("  the shopper authorizes it in the browser\n");
  const auto order_id = purchase.PlaceOrder(*token);
  if (!order_id.ok()) return order_id.status();

  const std::string request_id = NewRequestId();
  const auto first =
      purchase.Capture("capture, part 1", kBackpack, *order_id, request_id);
  if (!first.ok()) return first.status();
  // As a shop does that crashed before it saw the answer.
  const auto again =
      purchase.Capture("the same again", kBackpack, *order_id, request_id);
  if (!again.ok()) return again.status();
  if (*again != *first) return absl::DataLossError("it was captured twice");
  const auto second = purchase.Capture("capture, part 2", kTotal - kBackpack,
                                       *order_id, NewRequestId());
  if (!second.ok()) return second.status();
  const auto refund = purchase.RefundLamp(*order_id);
  if (!refund.ok()) return refund.status();

  const auto order = ReadOrder(orders, *order_id);
  if (!order.ok()) return order.status();
  if (auto status = CheckAmounts(*order); !status.ok()) return status;
  const auto effects = klarna.Effects();
  if (!effects.ok()) return effects.status();
  return purchase.CompareWithLedger(*effects);
}

}  // namespace klarna::demo

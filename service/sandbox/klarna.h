// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/runtime/clock.h"
#include "service/sandbox/api_description.h"
#include "service/sandbox/call.h"
#include "service/sandbox/checkout.h"
#include "service/sandbox/customer_tokens.h"
#include "service/sandbox/disputes.h"
#include "service/sandbox/fault.h"
#include "service/sandbox/hosted_pages.h"
#include "service/sandbox/identifiers.h"
#include "service/sandbox/key_store.h"
#include "service/sandbox/keyring.h"
#include "service/sandbox/ledger.h"
#include "service/sandbox/merchant_cards.h"
#include "service/sandbox/message.h"
#include "service/sandbox/options.h"
#include "service/sandbox/order_book.h"
#include "service/sandbox/order_management.h"
#include "service/sandbox/payments.h"
#include "service/sandbox/payout_history.h"
#include "service/sandbox/rate_limiter.h"
#include "service/sandbox/settlements.h"
#include "service/sandbox/shipping.h"

namespace klarna::sandbox {

// A seeded resource that documentation can name.
struct WellKnownId {
  std::string name;  // "order, partly captured".
  std::string id;
};

// One merchant's Klarna, and one shipping integrator, without sockets: takes a
// request and gives the answer that Klarna would. Stateful and deterministic:
// the same options, clock and requests give the same answers.
//
//   Klarna klarna(SandboxOptions{}, clock);
//   Answer answer = klarna.Handle(
//       {.method = "GET", .path = "/settlements/v1/payouts/PAYOUT00001",
//        .headers = {{"Authorization", "Basic klarna_test_api_sandbox"}}});
//
// Not thread-safe. An answer with `more` must not outlive it.
class Klarna {
 public:
  // `clock` must outlive it; only its wall clock is read.
  Klarna(const SandboxOptions& options, const runtime::Clock& clock);
  Klarna(const Klarna&) = delete;
  Klarna& operator=(const Klarna&) = delete;

  // Never fails: whatever is wrong with the request, Klarna has an answer.
  Answer Handle(const Request& request);

  // What shoppers and Klarna's staff do. None or false where they cannot.
  std::optional<std::string> AuthorizeSession(absl::string_view id);
  bool CompleteCheckout(absl::string_view id);
  bool CompleteHostedPage(absl::string_view id);
  bool AdvanceDispute(absl::string_view id);

  FaultScript& faults() { return faults_; }
  const Ledger& ledger() const { return ledger_; }
  OrderBook& orders() { return orders_; }
  Keyring& keyring() { return keyring_; }
  Shipping& shipping() { return shipping_; }
  const PayoutHistory& history() const { return history_; }

  std::vector<WellKnownId> WellKnownIds() const;

  void set_latency(absl::Duration latency) { options_.latency = latency; }
  void set_page_cap(int cap) { options_.page_cap = cap; }
  OpenQuestions& open_questions() { return options_.open_questions; }

 private:
  Answer HandleOperation(const Request& request,
                         const ApiDescription::Match& match,
                         std::string correlation_id);
  Answer Serve(Call& call);
  std::optional<Answer> Check(Call& call) const;
  std::optional<Answer> CheckBody(Call& call) const;
  std::optional<Answer> CheckQuery(const Call& call) const;
  Answer Dispatch(const Call& call);

  SandboxOptions options_;
  const runtime::Clock& clock_;
  const ApiDescription& api_;
  Identifiers ids_;
  Keyring keyring_;
  const PayoutHistory history_;
  OrderBook orders_;
  Ledger ledger_;
  KeyStore keys_;
  RateLimiter limiter_;
  FaultScript faults_;

  OrderManagement order_management_;
  CustomerTokens tokens_;
  Payments payments_;
  Checkout checkout_;
  HostedPages pages_;
  MerchantCards cards_;
  Settlements settlements_;
  Disputes disputes_;
  Shipping shipping_;
};

}  // namespace klarna::sandbox

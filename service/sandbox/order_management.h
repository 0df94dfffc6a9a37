// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "service/sandbox/call.h"
#include "service/sandbox/identifiers.h"
#include "service/sandbox/ledger.h"
#include "service/sandbox/open_questions.h"
#include "service/sandbox/order_book.h"
#include "service/sandbox/past_orders.h"

namespace klarna::sandbox {

// The order management API over the order book: 5 reads and 13 writes. A write
// that is repeated without a key is done again where money moves, and answered
// again where it sets a state, with the same Transaction-Id. Not thread-safe.
class OrderManagement {
 public:
  // `open` must outlive it; what it says counts from then on.
  OrderManagement(const OpenQuestions& open, OrderBook& orders,
                  Identifiers& ids, Ledger& ledger)
      : open_(open), orders_(orders), ids_(ids), ledger_(ledger) {}

  // `call.operation` must be one of the domain's.
  Answer Handle(const Call& call);

 private:
  // The order as the call sees it; null if it sees none.
  Order* Find(const Call& call);
  Answer HandleOrder(const Call& call, Order& order);
  Answer HandleCapture(const Call& call, Order& order);

  Answer ReadRefund(const Call& call, Order& order);
  Answer CaptureOrder(const Call& call, Order& order);
  Answer RefundOrder(const Call& call, Order& order);
  Answer Cancel(const Call& call, Order& order);
  Answer Acknowledge(const Call& call, Order& order);
  Answer Release(const Call& call, Order& order);
  Answer ExtendAuthorization(const Call& call, Order& order);
  Answer UpdateAuthorization(const Call& call, Order& order);
  Answer UpdateCustomer(const Call& call, Order& order);
  Answer UpdateReferences(const Call& call, Order& order);
  Answer AddShipping(const Call& call, const std::string& resource,
                     nlohmann::json* shipping_info);
  Answer ExtendDueDate(const Call& call, const Order& order, Capture& capture);
  Answer TriggerSendOut(const Call& call, const Capture& capture);

  // 204 with the Transaction-Id that this operation on this path always has.
  Answer Done(const Call& call) const;
  // 201 with the new resource's id in `id_header` and its Location.
  Answer Created(const Call& call, absl::string_view collection,
                 absl::string_view id_header, const std::string& id);

  const OpenQuestions& open_;
  PastOrders past_;
  OrderBook& orders_;
  Identifiers& ids_;
  Ledger& ledger_;
};

// The days by which the due date of `capture` can be moved, with their price.
nlohmann::json DueDateOptions(const Order& order, const Capture& capture);

}  // namespace klarna::sandbox

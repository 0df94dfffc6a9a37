// SPDX-License-Identifier: Apache-2.0
#include "client_stubs/cpp/order_step.h"

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client_stubs/cpp/status.h"
#include "client_stubs/cpp/text.h"

namespace klarna::demo {
namespace {

using order_management::v1::Order;
using order_management::v1::OrderLine;
using order_management::v1::OrderManagementService;
using order_management::v1::SubscribeRequest;
using order_management::v1::SubscribeResponse;

absl::StatusOr<Order> GetOrder(OrderManagementService::StubInterface& orders,
                               const std::string& order_id) {
  SubscribeRequest request;
  request.mutable_get_order()->set_order_id(order_id);
  grpc::ClientContext context;
  const auto reader = orders.Subscribe(&context, request);
  SubscribeResponse response;
  // A single entity is a stream of one message.
  while (reader->Read(&response)) {
  }
  if (absl::Status status = ToStatus(reader->Finish()); !status.ok()) {
    return status;
  }
  if (!response.has_order()) return absl::DataLossError("no order came");
  return response.order();
}

}  // namespace

absl::StatusOr<Order> ReadOrder(OrderManagementService::StubInterface& orders,
                                const std::string& order_id) {
  absl::StatusOr<Order> order = GetOrder(orders, order_id);
  if (!order.ok()) return order;
  absl::PrintF("\nOrder %s\n", order->order_id());
  absl::PrintF("  %s: %s %s, captured %s, refunded %s, remaining %s\n",
               order->status(), Amount(order->order_amount()),
               order->purchase_currency(), Amount(order->captured_amount()),
               Amount(order->refunded_amount()),
               Amount(order->remaining_authorized_amount()));
  int64_t lines = 0;
  for (const OrderLine& line : order->order_lines()) {
    absl::PrintF("  %3d x %s: %s\n", line.quantity(), line.name(),
                 Amount(line.total_amount()));
    lines += line.total_amount();
  }
  if (order->order_id() != order_id) {
    return absl::DataLossError(absl::StrCat("asked for order ", order_id,
                                            ", got ", order->order_id()));
  }
  if (lines != order->order_amount()) {
    return absl::DataLossError(absl::StrCat("the lines add up to ",
                                            Amount(lines), ", the order is ",
                                            Amount(order->order_amount())));
  }
  return order;
}

}  // namespace klarna::demo

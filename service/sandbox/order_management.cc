// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/order_management.h"

#include "absl/strings/str_cat.h"
#include "service/sandbox/order_json.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

Answer NoSuchOrder(const Call& call) {
  std::string message =
      absl::StrCat("Order ", call.parameters[0], " cannot be found");
  switch (call.operation.op) {
    case Op::kAddOrderShipping:
      absl::StrAppend(&message, ". Shipping info cannot be added to order ",
                      call.parameters[0], ".");
      break;
    case Op::kAddCaptureShipping:
      absl::StrAppend(&message, ". Shipping info cannot be added to capture ",
                      call.parameters[1], ".");
      break;
    // Refunds have a code of their own.
    case Op::kRefundOrder:
    case Op::kReadRefund:
      return Refuse(call, 404, "NOT_FOUND", message);
    default:
      break;
  }
  return Refuse(call, 404, "NO_SUCH_ORDER", message);
}

Answer NoSuchCapture(const Call& call) {
  return Refuse(
      call, 404, "NO_SUCH_CAPTURE",
      absl::StrCat("Capture ", call.parameters[1],
                   " cannot be found for order ", call.parameters[0]));
}

json Captures(const Order& order) {
  json captures = json::array();
  for (const Capture& capture : order.captures) {
    captures.push_back(CaptureJson(order, capture));
  }
  return captures;
}

}  // namespace

json DueDateOptions(const Order& order, const Capture& capture) {
  json options = json::array();
  if (order.method != "INVOICE") return options;
  for (const int days : {14, 30, 60}) {
    if (days <= capture.days_extended) continue;
    options.push_back({{"number_of_days", days}, {"amount", days * 10}});
  }
  return options;
}

Order* OrderManagement::Find(const Call& call) {
  Order* order = orders_.Find(call.parameters[0]);
  if (order == nullptr || open_.read_lag == absl::ZeroDuration()) return order;
  if (call.request.method == "GET") {
    return past_.At(*order, call.now - open_.read_lag);
  }
  past_.Keep(*order, call.now);
  return order;
}

Answer OrderManagement::Handle(const Call& call) {
  Order* order = Find(call);
  if (order == nullptr) return NoSuchOrder(call);
  switch (call.operation.op) {
    case Op::kReadCapture:
    case Op::kExtendDueDate:
    case Op::kReadDueDateOptions:
    case Op::kAddCaptureShipping:
    case Op::kTriggerSendOut:
      return HandleCapture(call, *order);
    default:
      return HandleOrder(call, *order);
  }
}

Answer OrderManagement::HandleOrder(const Call& call, Order& order) {
  switch (call.operation.op) {
    case Op::kListCaptures:
      return Reply(call, 200, Captures(order));
    case Op::kReadRefund:
      return ReadRefund(call, order);
    case Op::kAcknowledgeOrder:
      return Acknowledge(call, order);
    case Op::kUpdateAuthorization:
      return UpdateAuthorization(call, order);
    case Op::kCaptureOrder:
      return CaptureOrder(call, order);
    case Op::kUpdateCustomerDetails:
      return UpdateCustomer(call, order);
    case Op::kExtendAuthorization:
      return ExtendAuthorization(call, order);
    case Op::kUpdateReferences:
      return UpdateReferences(call, order);
    case Op::kRefundOrder:
      return RefundOrder(call, order);
    case Op::kReleaseAuthorization:
      return Release(call, order);
    case Op::kAddOrderShipping:
      return AddShipping(call, order.id, &order.shipping_info);
    case Op::kCancelOrder:
      return Cancel(call, order);
    default:
      return Reply(call, 200, OrderJson(order, call.now));
  }
}

Answer OrderManagement::HandleCapture(const Call& call, Order& order) {
  Capture* capture = order.FindCapture(call.parameters[1]);
  const Op op = call.operation.op;
  if (order.captures.empty() &&
      (op == Op::kAddCaptureShipping || op == Op::kTriggerSendOut)) {
    return Refuse(call, 403, "NOT_ALLOWED", "Order has no captures");
  }
  if (capture == nullptr) return NoSuchCapture(call);
  switch (op) {
    case Op::kExtendDueDate:
      return ExtendDueDate(call, order, *capture);
    case Op::kReadDueDateOptions:
      return Reply(call, 200,
                   {{"currency", order.currency},
                    {"options", DueDateOptions(order, *capture)}});
    case Op::kAddCaptureShipping:
      return AddShipping(call, capture->id, &capture->shipping_info);
    case Op::kTriggerSendOut:
      return TriggerSendOut(call, *capture);
    default:
      return Reply(call, 200, CaptureJson(order, *capture));
  }
}

Answer OrderManagement::ReadRefund(const Call& call, Order& order) {
  const Refund* refund = order.FindRefund(call.parameters[1]);
  if (refund == nullptr) {
    return Refuse(call, 404, "NOT_FOUND",
                  absl::StrCat("Refund ", call.parameters[1],
                               " cannot be found for order ", order.id));
  }
  return Reply(call, 200, RefundJson(*refund));
}

}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/api_description.h"

#include <cstddef>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/sandbox/body_shapes.h"

namespace klarna::sandbox {
namespace {

// Literal segments stand before the parameters that would match them too.
constexpr Operation kOperations[] = {
    {Op::kCreateCheckoutOrder, Domain::kCheckout,
     "checkout.createOrderMerchant", "POST", "/checkout/v3/orders",
     Media::kJson, "checkout.order"},
    {Op::kUpdateCheckoutOrder, Domain::kCheckout,
     "checkout.updateOrderMerchant", "POST", "/checkout/v3/orders/{order_id}",
     Media::kJson, "checkout.update"},
    {Op::kReadCheckoutOrder, Domain::kCheckout, "checkout.readOrderMerchant",
     "GET", "/checkout/v3/orders/{order_id}"},
    {Op::kAbortCheckoutOrder, Domain::kCheckout, "checkout.abortOrder", "POST",
     "/checkout/v3/orders/{order_id}/abort"},

    {.op = Op::kCreateSession,
     .domain = Domain::kPayments,
     .name = "payments.createCreditSession",
     .method = "POST",
     .path = "/payments/v1/sessions",
     .media = Media::kJson,
     .body = "payments.new_session",
     .quota = Quota::kSessions},
    {Op::kUpdateSession, Domain::kPayments, "payments.updateCreditSession",
     "POST", "/payments/v1/sessions/{session_id}", Media::kJson,
     "payments.session"},
    {Op::kReadSession, Domain::kPayments, "payments.readCreditSession", "GET",
     "/payments/v1/sessions/{session_id}"},
    {Op::kCancelAuthorization, Domain::kPayments,
     "payments.cancelAuthorization", "DELETE",
     "/payments/v1/authorizations/{authorizationToken}"},
    {Op::kPlaceOrder, Domain::kPayments, "payments.createOrder", "POST",
     "/payments/v1/authorizations/{authorizationToken}/order", Media::kJson,
     "payments.new_order"},
    {.op = Op::kCreateCustomerToken,
     .domain = Domain::kPayments,
     .name = "payments.purchaseToken",
     .method = "POST",
     .path = "/payments/v1/authorizations/{authorizationToken}/customer-token",
     .media = Media::kJson,
     .body = "payments.new_token",
     .quota = Quota::kTokens},

    {Op::kReadCustomerToken, Domain::kCustomerToken,
     "customer_token.readCustomerToken", "GET",
     "/customer-token/v1/tokens/{customerToken}"},
    {.op = Op::kChargeCustomerToken,
     .domain = Domain::kCustomerToken,
     .name = "customer_token.createOrder",
     .method = "POST",
     .path = "/customer-token/v1/tokens/{customerToken}/order",
     .media = Media::kJson,
     .body = "token.order",
     .keyed = true},
    {Op::kUpdateCustomerToken, Domain::kCustomerToken,
     "customer_token.patchCustomerToken", "PATCH",
     "/customer-token/v1/tokens/{customerToken}/status", Media::kJson,
     "token.status"},

    {.op = Op::kCreateHostedPage,
     .domain = Domain::kHostedPage,
     .name = "hosted_payment_page.createHppSession",
     .method = "POST",
     .path = "/hpp/v1/sessions",
     .media = Media::kJson,
     .body = "hpp.session",
     .quota = Quota::kHostedPages},
    {Op::kReadHostedPage, Domain::kHostedPage,
     "hosted_payment_page.getSessionById", "GET",
     "/hpp/v1/sessions/{session_id}"},
    {Op::kDisableHostedPage, Domain::kHostedPage,
     "hosted_payment_page.disableHppSession", "DELETE",
     "/hpp/v1/sessions/{session_id}"},
    {Op::kDistributeHostedPage, Domain::kHostedPage,
     "hosted_payment_page.distributeHppSession", "POST",
     "/hpp/v1/sessions/{session_id}/distribution", Media::kJson,
     "hpp.distribution"},

    {Op::kReadOrder, Domain::kOrderManagement, "order_management.getOrder",
     "GET", "/ordermanagement/v1/orders/{order_id}"},
    {.op = Op::kAcknowledgeOrder,
     .domain = Domain::kOrderManagement,
     .name = "order_management.acknowledgeOrder",
     .method = "POST",
     .path = "/ordermanagement/v1/orders/{order_id}/acknowledge",
     .keyed = true},
    {.op = Op::kUpdateAuthorization,
     .domain = Domain::kOrderManagement,
     .name = "order_management.updateAuthorization",
     .method = "PATCH",
     .path = "/ordermanagement/v1/orders/{order_id}/authorization",
     .media = Media::kJson,
     .body = "om.authorization",
     .keyed = true},
    {.op = Op::kCaptureOrder,
     .domain = Domain::kOrderManagement,
     .name = "order_management.captureOrder",
     .method = "POST",
     .path = "/ordermanagement/v1/orders/{order_id}/captures",
     .media = Media::kJson,
     .body = "om.capture",
     .keyed = true},
    {Op::kListCaptures, Domain::kOrderManagement,
     "order_management.getCaptures", "GET",
     "/ordermanagement/v1/orders/{order_id}/captures"},
    {Op::kReadCapture, Domain::kOrderManagement, "order_management.getCapture",
     "GET", "/ordermanagement/v1/orders/{order_id}/captures/{capture_id}"},
    {.op = Op::kExtendDueDate,
     .domain = Domain::kOrderManagement,
     .name = "order_management.extendDueDate",
     .method = "PATCH",
     .path = "/ordermanagement/v1/orders/{order_id}/captures/{capture_id}"
             "/extend-due-date",
     .media = Media::kJson,
     .body = "om.due_date",
     .keyed = true},
    {Op::kReadDueDateOptions, Domain::kOrderManagement,
     "order_management.getOptionsForExtendDueDate", "GET",
     "/ordermanagement/v1/orders/{order_id}/captures/{capture_id}"
     "/extend-due-date-options"},
    {.op = Op::kAddCaptureShipping,
     .domain = Domain::kOrderManagement,
     .name = "order_management.appendShippingInfo",
     .method = "POST",
     .path = "/ordermanagement/v1/orders/{order_id}/captures/{capture_id}"
             "/shipping-info",
     .media = Media::kJson,
     .body = "om.shipping",
     .keyed = true},
    {.op = Op::kTriggerSendOut,
     .domain = Domain::kOrderManagement,
     .name = "order_management.triggerSendOut",
     .method = "POST",
     .path = "/ordermanagement/v1/orders/{order_id}/captures/{capture_id}"
             "/trigger-send-out",
     .keyed = true},
    {.op = Op::kUpdateCustomerDetails,
     .domain = Domain::kOrderManagement,
     .name = "order_management.updateConsumerDetails",
     .method = "PATCH",
     .path = "/ordermanagement/v1/orders/{order_id}/customer-details",
     .media = Media::kJson,
     .body = "om.customer",
     .keyed = true},
    {.op = Op::kExtendAuthorization,
     .domain = Domain::kOrderManagement,
     .name = "order_management.extendAuthorizationTime",
     .method = "POST",
     .path = "/ordermanagement/v1/orders/{order_id}/extend-authorization-time",
     .keyed = true},
    {.op = Op::kUpdateReferences,
     .domain = Domain::kOrderManagement,
     .name = "order_management.updateMerchantReferences",
     .method = "PATCH",
     .path = "/ordermanagement/v1/orders/{order_id}/merchant-references",
     .media = Media::kJson,
     .body = "om.references",
     .keyed = true},
    {.op = Op::kRefundOrder,
     .domain = Domain::kOrderManagement,
     .name = "order_management.refundOrder",
     .method = "POST",
     .path = "/ordermanagement/v1/orders/{order_id}/refunds",
     .media = Media::kJson,
     .body = "om.refund",
     .keyed = true},
    {Op::kReadRefund, Domain::kOrderManagement, "order_management.get", "GET",
     "/ordermanagement/v1/orders/{order_id}/refunds/{refund_id}"},
    {.op = Op::kReleaseAuthorization,
     .domain = Domain::kOrderManagement,
     .name = "order_management.releaseRemainingAuthorization",
     .method = "POST",
     .path = "/ordermanagement/v1/orders/{order_id}/"
             "release-remaining-authorization",
     .keyed = true},
    {.op = Op::kAddOrderShipping,
     .domain = Domain::kOrderManagement,
     .name = "order_management.appendOrderShippingInfo",
     .method = "POST",
     .path = "/ordermanagement/v1/orders/{order_id}/shipping-info",
     .media = Media::kJson,
     .body = "om.shipping",
     .keyed = true},
    {.op = Op::kCancelOrder,
     .domain = Domain::kOrderManagement,
     .name = "order_management.cancelOrder",
     .method = "POST",
     .path = "/ordermanagement/v1/orders/{order_id}/cancel",
     .keyed = true},

    {Op::kCreatePromise, Domain::kMerchantCard,
     "merchant_card_service.createPromise", "POST", "/merchantcard/v3/promises",
     Media::kJson, "card.promise"},
    {Op::kReadPromise, Domain::kMerchantCard,
     "merchant_card_service.readPromise", "GET",
     "/merchantcard/v3/promises/{promise_id}"},
    {Op::kSettlePromise, Domain::kMerchantCard,
     "merchant_card_service.settlePromise", "POST",
     "/merchantcard/v3/settlements", Media::kJson, "card.settlement"},
    {Op::kReadCardSettlementOfOrder, Domain::kMerchantCard,
     "merchant_card_service.readSettlementByOrderId", "GET",
     "/merchantcard/v3/settlements/order/{order_id}"},
    {Op::kReadCardSettlement, Domain::kMerchantCard,
     "merchant_card_service.readSettlement", "GET",
     "/merchantcard/v3/settlements/{settlement_id}"},
    {Op::kRequestCardCancel, Domain::kMerchantCard,
     "merchant_card_service.postcancelorder", "POST",
     "/merchantcard/v3/orders/{order_id}/cancel-request"},
    {Op::kReadCardCancel, Domain::kMerchantCard,
     "merchant_card_service.getcancelorder", "GET",
     "/merchantcard/v3/orders/{order_id}/cancel-request"},

    {.op = Op::kSummarizePayouts,
     .domain = Domain::kSettlements,
     .name = "settlements.getPayoutSummary",
     .method = "GET",
     .path = "/settlements/v1/payouts/summary",
     .query = "settlements.period_and_currency"},
    {Op::kReadPayout, Domain::kSettlements, "settlements.getPayout", "GET",
     "/settlements/v1/payouts/{payment_reference}"},
    {.op = Op::kListPayouts,
     .domain = Domain::kSettlements,
     .name = "settlements.getPayouts",
     .method = "GET",
     .path = "/settlements/v1/payouts",
     .query = "settlements.payouts"},
    {.op = Op::kPayoutCsv,
     .domain = Domain::kSettlements,
     .name = "settlements.getPayoutReportWithTransactions",
     .method = "GET",
     .path = "/settlements/v1/reports/payout-with-transactions",
     .query = "settlements.one_payout"},
    {.op = Op::kPayoutPdf,
     .domain = Domain::kSettlements,
     .name = "settlements.payout",
     .method = "GET",
     .path = "/settlements/v1/reports/payout",
     .query = "settlements.one_payout"},
    {.op = Op::kListTransactions,
     .domain = Domain::kSettlements,
     .name = "settlements.getTransactions",
     .method = "GET",
     .path = "/settlements/v1/transactions",
     .query = "settlements.transactions"},
    {.op = Op::kPayoutsSummaryCsv,
     .domain = Domain::kSettlements,
     .name = "settlements.getPayoutsSummaryReportWithTransactions",
     .method = "GET",
     .path = "/settlements/v1/reports/payouts-summary-with-transactions",
     .query = "settlements.period"},
    {.op = Op::kPayoutsSummaryPdf,
     .domain = Domain::kSettlements,
     .name = "settlements.payoutsSummary",
     .method = "GET",
     .path = "/settlements/v1/reports/payouts-summary",
     .query = "settlements.period"},

    {.op = Op::kListDisputes,
     .domain = Domain::kDisputes,
     .name = "disputes.listDisputes",
     .method = "GET",
     .path = "/v4/payment/disputes",
     .query = "disputes.list"},
    {Op::kReadDispute, Domain::kDisputes, "disputes.getDisputeDetails", "GET",
     "/v4/payment/disputes/{payment_dispute_id}"},
    {Op::kAcceptLoss, Domain::kDisputes, "disputes.acceptLoss", "POST",
     "/v4/payment/disputes/{payment_dispute_id}/accept-loss"},
    {Op::kRepresent, Domain::kDisputes, "disputes.respondToDisputeRequest",
     "POST", "/v4/payment/disputes/{payment_dispute_id}/represent",
     Media::kJson, "disputes.represent"},
    {Op::kAppeal, Domain::kDisputes, "disputes.appealDispute", "POST",
     "/v4/payment/disputes/{payment_dispute_id}/appeal", Media::kJson,
     "disputes.appeal"},
    {Op::kUploadAttachment, Domain::kDisputes, "disputes.uploadAttachment",
     "POST", "/v4/payment/disputes/{payment_dispute_id}/attachments",
     Media::kMultipart},
    {Op::kDownloadAttachment, Domain::kDisputes,
     "disputes.getDisputeAttachment", "GET",
     "/v4/payment/disputes/{payment_dispute_id}/attachments"
     "/{payment_dispute_attachment_id}/download"},
    {Op::kEnrollMerchant, Domain::kDisputes, "disputes.enrollMerchant", "POST",
     "/v4/payment/disputes/merchants/{merchant_id}/enroll"},
    {Op::kEnrollPartner, Domain::kDisputes, "disputes.enrollPartner", "POST",
     "/v4/payment/disputes/partners/{partner_id}/enroll", Media::kJson,
     "disputes.partner"},

    {Op::kShippingAuth, Domain::kShipping, "shipping_service_callback.auth",
     "POST", "/auth", Media::kShipping, "shipping.auth"},
    {Op::kShippingOptions, Domain::kShipping,
     "shipping_service_callback.shippingoptions", "POST", "/shippingoptions",
     Media::kShipping, "shipping.options"},
    {Op::kCreateShipment, Domain::kShipping,
     "shipping_service_callback.postshipment", "POST", "/shipment",
     Media::kShipping, "shipping.shipment"},
    {Op::kUpdateShipment, Domain::kShipping,
     "shipping_service_callback.putshipment", "PUT", "/shipment/{shipment_id}",
     Media::kShipping, "shipping.shipment"},
    {Op::kConfirmShipment, Domain::kShipping,
     "shipping_service_callback.shipmentconfirm", "POST",
     "/shipment/{shipment_id}/confirm"},
};

bool IsParameter(absl::string_view segment) {
  return absl::StartsWith(segment, "{");
}

// Workarea's integration sends `//payments/...`, solidus's
// `/payments/v1/sessions/`; Klarna took both. Order management answers 404 to
// an empty order id, so its trailing slash stays.
std::vector<absl::string_view> Segments(absl::string_view path) {
  while (absl::StartsWith(path, "//")) path.remove_prefix(1);
  absl::ConsumePrefix(&path, "/");
  if (!absl::StartsWith(path, "ordermanagement/")) {
    absl::ConsumeSuffix(&path, "/");
  }
  return absl::StrSplit(path, '/');
}

bool Matches(const std::vector<absl::string_view>& route,
             const std::vector<absl::string_view>& path) {
  if (route.size() != path.size()) return false;
  for (size_t i = 0; i < route.size(); ++i) {
    if (IsParameter(route[i]) ? path[i].empty() : route[i] != path[i]) {
      return false;
    }
  }
  return true;
}

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

}  // namespace

const ApiDescription& ApiDescription::Get() {
  static const auto* const description = new ApiDescription();
  return *description;
}

ApiDescription::ApiDescription() : shapes_(BodyShapes()) {
  for (const Operation& operation : kOperations) {
    routes_.push_back({&operation, Segments(operation.path)});
  }
}

ApiDescription::Match ApiDescription::Find(absl::string_view method,
                                           absl::string_view path) const {
  const std::vector<absl::string_view> segments = Segments(path);
  Match match;
  for (const Route& route : routes_) {
    if (!Matches(route.segments, segments)) continue;
    match.path_known = true;
    match.domain = route.operation->domain;
    if (route.operation->method != method) {
      absl::StrAppend(&match.allowed, match.allowed.empty() ? "" : ", ",
                      route.operation->method);
      continue;
    }
    match.operation = route.operation;
    for (size_t i = 0; i < segments.size(); ++i) {
      if (IsParameter(route.segments[i])) {
        match.parameters.push_back(PercentDecode(segments[i]));
      }
    }
    return match;
  }
  return match;
}

absl::Span<const Operation> ApiDescription::operations() { return kOperations; }

std::string PercentDecode(absl::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = HexDigit(text[i + 1]);
      const auto low = HexDigit(text[i + 2]);
      if (high && low) {
        decoded.push_back(static_cast<char>(*high * 16 + *low));
        i += 2;
        continue;
      }
    }
    decoded.push_back(text[i]);
  }
  return decoded;
}

}  // namespace klarna::sandbox

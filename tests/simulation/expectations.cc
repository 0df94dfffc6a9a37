// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/expectations.h"

#include <algorithm>
#include <iterator>

namespace klarna::simulation {
namespace {

constexpr absl::string_view kKeyed[] = {
    "customer_token.createOrder",
    "order_management.acknowledgeOrder",
    "order_management.appendOrderShippingInfo",
    "order_management.appendShippingInfo",
    "order_management.cancelOrder",
    "order_management.captureOrder",
    "order_management.extendAuthorizationTime",
    "order_management.extendDueDate",
    "order_management.refundOrder",
    "order_management.releaseRemainingAuthorization",
    "order_management.triggerSendOut",
    "order_management.updateAuthorization",
    "order_management.updateConsumerDetails",
    "order_management.updateMerchantReferences",
};

constexpr absl::string_view kHarmlessTwice[] = {
    // Nobody pays in a session that its maker does not know of; it expires.
    "checkout.createOrderMerchant",
    "hosted_payment_page.createHppSession",
    "payments.createCreditSession",
    // The second time says what is so already.
    "checkout.updateOrderMerchant",
    "disputes.enrollMerchant",
    "disputes.enrollPartner",
    "payments.updateCreditSession",
    "shipping_service_callback.putshipment",
    // A promise voids the one before of the same order, so that there is one.
    "merchant_card_service.createPromise",
};

constexpr absl::string_view kCannotBeSettled[] = {
    "disputes.uploadAttachment",
    "hosted_payment_page.distributeHppSession",
    "payments.purchaseToken",
    "shipping_service_callback.postshipment",
};

template <size_t n>
bool IsAmong(const absl::string_view (&names)[n], absl::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

bool IsKeyed(absl::string_view operation) { return IsAmong(kKeyed, operation); }

bool SecondEffectIsHarmless(absl::string_view operation) {
  return IsAmong(kHarmlessTwice, operation);
}

bool CannotBeSettled(absl::string_view operation) {
  return IsAmong(kCannotBeSettled, operation);
}

bool LastEffectCounts(absl::string_view operation) {
  return operation == "merchant_card_service.createPromise";
}

}  // namespace klarna::simulation

// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "service/rest/route.h"

namespace klarna::gateway {
namespace {

using ::testing::UnorderedElementsAre;

// The writes of the contract by their class.
std::map<rest::v1::Idempotency, std::set<std::string>> WritesByClass() {
  std::map<rest::v1::Idempotency, std::set<std::string>> writes;
  auto routes = rest::RouteTable::Compile(rest::LinkedServices());
  if (!routes.ok()) return writes;
  for (const auto* service : (*routes)->services()) {
    const rest::Method* publish =
        (*routes)->Find(service->full_name(), "Publish");
    for (const auto& [field, route] : publish->routes) {
      writes[route.idempotency].insert(route.label);
    }
  }
  return writes;
}

TEST(WriteClassesTest, EveryWriteHasAClass) {
  const auto writes = WritesByClass();
  size_t count = 0;
  for (const auto& [idempotency, labels] : writes) {
    EXPECT_NE(idempotency, rest::v1::IDEMPOTENCY_UNSPECIFIED)
        << *labels.begin();
    count += labels.size();
  }
  EXPECT_EQ(count, 38u);
}

// A second one would be a second message to a person, token, file or shipment.
TEST(WriteClassesTest, WhatMustNeverBeRepeated) {
  EXPECT_THAT(
      WritesByClass()[rest::v1::IDEMPOTENCY_NEVER],
      UnorderedElementsAre("disputes.upload_attachment",
                           "hosted_payment_page.distribute_session",
                           "payments.create_customer_token",
                           "shipping_service_callback.create_shipment"));
}

// The resource shows whether it happened.
TEST(WriteClassesTest, WhatHasToBeReadBack) {
  EXPECT_THAT(WritesByClass()[rest::v1::IDEMPOTENCY_READ_BACK],
              UnorderedElementsAre("disputes.accept_loss", "disputes.appeal",
                                   "disputes.represent",
                                   "merchant_card_service.create_settlement"));
}

// Repeating it leads to the same state, or to an orphan that expires.
TEST(WriteClassesTest, WhatIsAbsolute) {
  EXPECT_THAT(WritesByClass()[rest::v1::IDEMPOTENCY_ABSOLUTE],
              UnorderedElementsAre(
                  "checkout.abort_order", "checkout.create_order",
                  "checkout.update_order", "customer_token.update_token_status",
                  "disputes.enroll_merchant", "disputes.enroll_partner",
                  "hosted_payment_page.create_session",
                  "hosted_payment_page.disable_session",
                  "merchant_card_service.create_promise",
                  "merchant_card_service.request_cancel",
                  "payments.cancel_authorization", "payments.create_order",
                  "payments.create_session", "payments.update_session",
                  "shipping_service_callback.confirm_shipment",
                  "shipping_service_callback.update_shipment"));
}

}  // namespace
}  // namespace klarna::gateway

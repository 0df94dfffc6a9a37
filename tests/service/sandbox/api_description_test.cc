// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/api_description.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace klarna::sandbox {
namespace {

TEST(ApiDescriptionTest, Has63OperationsAndAuth) {
  EXPECT_EQ(ApiDescription::operations().size(), 64u);
  std::set<std::string> names;
  int keyed = 0;
  for (const Operation& operation : ApiDescription::operations()) {
    EXPECT_TRUE(names.insert(std::string(operation.name)).second);
    keyed += operation.keyed ? 1 : 0;
  }
  EXPECT_EQ(keyed, 14);
}

TEST(ApiDescriptionTest, EveryShapeThatIsNamedIsThere) {
  const ApiDescription api;
  for (const Operation& operation : ApiDescription::operations()) {
    for (const absl::string_view shape : {operation.body, operation.query}) {
      EXPECT_TRUE(shape.empty() || api.FindShape(shape) != nullptr)
          << operation.name;
    }
    const bool has_body =
        operation.media == Media::kJson || operation.media == Media::kShipping;
    EXPECT_EQ(has_body, !operation.body.empty()) << operation.name;
  }
}

TEST(ApiDescriptionTest, FindsOperationsAndTheirParameters) {
  const ApiDescription api;
  struct Case {
    const char* method;
    const char* path;
    std::string name;  // "" where there is none.
    std::vector<std::string> parameters;
  };
  for (const Case& c : {
           Case{"GET", "/settlements/v1/payouts", "settlements.getPayouts", {}},
           Case{"GET",
                "/settlements/v1/payouts/summary",
                "settlements.getPayoutSummary",
                {}},
           Case{"GET",
                "/settlements/v1/payouts/P1",
                "settlements.getPayout",
                {"P1"}},
           Case{"GET",
                "/ordermanagement/v1/orders/a%2Fb/captures/c",
                "order_management.getCapture",
                {"a/b", "c"}},
           Case{"GET",
                "/v4/payment/disputes/krn%3Aa%3A1/attachments/b/download",
                "disputes.getDisputeAttachment",
                {"krn:a:1", "b"}},
           Case{"GET",
                "/v4/payment/disputes/krn:a:1",
                "disputes.getDisputeDetails",
                {"krn:a:1"}},
           Case{"GET",
                "/merchantcard/v3/settlements/order/o",
                "merchant_card_service.readSettlementByOrderId",
                {"o"}},
           Case{"POST",
                "//payments/v1/sessions/",
                "payments.createCreditSession",
                {}},
           Case{"POST",
                "/payments/v1/sessions",
                "payments.createCreditSession",
                {}},
           Case{"POST",
                "/shipment/s/confirm",
                "shipping_service_callback.shipmentconfirm",
                {"s"}},
           Case{"GET", "/ordermanagement/v1/orders/", "", {}},
           Case{"GET", "/ordermanagement/v1/orders//captures", "", {}},
           Case{"GET", "/settlements/v1", "", {}},
           Case{"GET", "", "", {}},
       }) {
    const ApiDescription::Match match = api.Find(c.method, c.path);
    EXPECT_EQ(match.operation == nullptr ? "" : match.operation->name, c.name)
        << c.path;
    EXPECT_EQ(match.parameters, c.parameters) << c.path;
  }
}

TEST(ApiDescriptionTest, TellsWhichMethodsAPathHas) {
  const ApiDescription api;
  const ApiDescription::Match match =
      api.Find("PUT", "/ordermanagement/v1/orders/o/captures");
  EXPECT_EQ(match.operation, nullptr);
  EXPECT_TRUE(match.path_known);
  EXPECT_EQ(match.allowed, "POST, GET");
  EXPECT_EQ(match.domain, Domain::kOrderManagement);
}

TEST(ApiDescriptionTest, DecodesPercentEncoding) {
  struct Case {
    const char* text;
    std::string decoded;
  };
  for (const Case& c :
       {Case{"a%20b", "a b"}, Case{"%C3%A5", "\xc3\xa5"}, Case{"%", "%"},
        Case{"%4", "%4"}, Case{"%4x", "%4x"}, Case{"%41%", "A%"}, Case{"", ""},
        Case{"%00", std::string(1, '\0')}}) {
    EXPECT_EQ(PercentDecode(c.text), c.decoded) << c.text;
  }
}

}  // namespace
}  // namespace klarna::sandbox

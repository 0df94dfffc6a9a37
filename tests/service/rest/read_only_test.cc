// SPDX-License-Identifier: Apache-2.0
#include "service/rest/read_only.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "google/rpc/error_details.pb.h"
#include "klarna/checkout/v3/checkout_service.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/payments/v1/payments_service.pb.h"
#include "service/rest/status_details.h"

namespace klarna::rest {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ReadOnlyTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto routes = RouteTable::Compile(LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = std::move(*routes).release();
  }
  static void TearDownTestSuite() { delete routes_; }

  // What the check says to the one operation that `request` holds.
  template <typename PublishRequest>
  static absl::Status Check(const std::string& service,
                            const PublishRequest& request) {
    const int field = static_cast<int>(request.operation_case());
    const auto* descriptor = request.GetDescriptor()->FindFieldByNumber(field);
    const google::protobuf::Message& operation =
        request.GetReflection()->GetMessage(request, descriptor);
    return CheckReadOnly(routes_->Find(service, "Publish")->routes.at(field),
                         operation.SerializeAsString());
  }
  static absl::Status Check(const checkout::v3::PublishRequest& request) {
    return Check("klarna.checkout.v3.CheckoutService", request);
  }
  static absl::Status Check(const payments::v1::PublishRequest& request) {
    return Check("klarna.payments.v1.PaymentsService", request);
  }

  static inline const RouteTable* routes_ = nullptr;
};

std::vector<std::string> ViolatedFields(const absl::Status& status) {
  google::rpc::BadRequest detail;
  EXPECT_TRUE(GetDetail(status, detail)) << status;
  std::vector<std::string> fields;
  for (const auto& violation : detail.field_violations()) {
    EXPECT_THAT(violation.description(),
                AllOf(HasSubstr("Klarna's to set"), HasSubstr("leave it out"),
                      HasSubstr("unmapped")));
    fields.push_back(violation.field());
  }
  return fields;
}

TEST_F(ReadOnlyTest, RefusesWhatKlarnaSets) {
  payments::v1::PublishRequest request;
  request.mutable_create_order()->mutable_order()->set_status("complete");
  const absl::Status status = Check(request);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("create_order.order.status"));
  EXPECT_THAT(ViolatedFields(status), ElementsAre("create_order.order.status"));
}

TEST_F(ReadOnlyTest, NamesEachFieldWithItsWholePath) {
  checkout::v3::PublishRequest request;
  auto& order = *request.mutable_update_order()->mutable_order();
  order.set_order_id("7");
  order.mutable_merchant_requested()->set_additional_checkbox(true);
  order.mutable_merchant_requested()->add_additional_checkboxes()->set_id("x");
  EXPECT_THAT(
      ViolatedFields(Check(request)),
      ElementsAre("update_order.order.order_id",
                  "update_order.order.merchant_requested.additional_checkbox",
                  "update_order.order.merchant_requested"
                  ".additional_checkboxes"));
}

TEST_F(ReadOnlyTest, RefusesAList) {
  payments::v1::PublishRequest request;
  auto& session = *request.mutable_create_session()->mutable_session();
  session.add_payment_method_categories()->set_name("a");
  session.add_payment_method_categories()->set_name("b");
  EXPECT_THAT(ViolatedFields(Check(request)),
              ElementsAre("create_session.session.payment_method_categories"));
}

// The operation's own path field has the name of a read-only field of its body.
TEST_F(ReadOnlyTest, LooksAtTheBodyOnly) {
  payments::v1::PublishRequest request;
  request.mutable_create_order()->set_authorization_token("t");
  request.mutable_create_order()->mutable_order()->set_order_amount(1);
  EXPECT_TRUE(Check(request).ok());
}

TEST_F(ReadOnlyTest, LetsBodiesPassThatHaveNoSuchField) {
  order_management::v1::PublishRequest request;
  request.mutable_create_capture()->set_order_id("o");
  request.mutable_create_capture()->mutable_capture()->set_captured_amount(1);
  EXPECT_TRUE(
      Check("klarna.order_management.v1.OrderManagementService", request).ok());
  request.mutable_cancel_order()->set_order_id("o");
  EXPECT_TRUE(
      Check("klarna.order_management.v1.OrderManagementService", request).ok());
}

TEST_F(ReadOnlyTest, TheLongestStatusFitsOnTheWire) {
  checkout::v3::PublishRequest request;
  auto& order = *request.mutable_update_order()->mutable_order();
  for (const auto setter :
       {&checkout::v3::Order::set_order_id<const char*>,
        &checkout::v3::Order::set_name<const char*>,
        &checkout::v3::Order::set_html_snippet<const char*>,
        &checkout::v3::Order::set_started_at<const char*>,
        &checkout::v3::Order::set_completed_at<const char*>,
        &checkout::v3::Order::set_last_modified_at<const char*>,
        &checkout::v3::Order::set_recurring_token<const char*>,
        &checkout::v3::Order::set_recurring_description<const char*>}) {
    (order.*setter)("x");
  }
  order.mutable_merchant_requested()->set_additional_checkbox(true);
  order.mutable_merchant_requested()->add_additional_checkboxes();
  const absl::Status status = Check(request);
  EXPECT_THAT(ViolatedFields(status), SizeIs(10));
  const google::rpc::Status wire = ToRpcStatus(status);
  EXPECT_LE(wire.ByteSizeLong(), 3584u);
  google::rpc::BadRequest detail;
  for (const auto& any : wire.details()) any.UnpackTo(&detail);
  EXPECT_EQ(detail.field_violations_size(), 10);
}

}  // namespace
}  // namespace klarna::rest

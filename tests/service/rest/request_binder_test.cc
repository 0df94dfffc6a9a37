// SPDX-License-Identifier: Apache-2.0
#include "service/rest/request_binder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "google/rpc/error_details.pb.h"
#include "service/json/check_wire.h"
#include "service/json/wire.h"
#include "service/rest/route.h"
#include "service/rest/status_details.h"

namespace klarna::rest {
namespace {

using ::testing::HasSubstr;

class RequestBinderTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto routes = RouteTable::Compile(LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = std::move(*routes).release();
  }
  static void TearDownTestSuite() { delete routes_; }

  // The route of "payments.create_session".
  static const Route& Find(absl::string_view label) {
    for (const auto* service : routes_->services()) {
      for (const char* rpc : {"Subscribe", "Publish"}) {
        for (const auto& [field, route] :
             routes_->Find(service->full_name(), rpc)->routes) {
          if (route.label == label) return route;
        }
      }
    }
    ADD_FAILURE() << "no operation " << label;
    static const Route none;
    return none;
  }

  // The wire bytes of an operation message in text format.
  static std::string Wire(const Route& route, const std::string& text) {
    const auto* descriptor =
        google::protobuf::DescriptorPool::generated_pool()
            ->FindMessageTypeByName(route.table->full_name());
    std::unique_ptr<google::protobuf::Message> message(
        google::protobuf::MessageFactory::generated_factory()
            ->GetPrototype(descriptor)
            ->New());
    EXPECT_TRUE(
        google::protobuf::TextFormat::ParseFromString(text, message.get()))
        << text;
    std::string wire = message->SerializeAsString();
    EXPECT_TRUE(json::CheckWire(wire, *route.table).ok());
    return wire;
  }

  static absl::StatusOr<BoundRequest> BindText(
      absl::string_view label, const std::string& text,
      const std::vector<json::Unmapped>& unmapped = {}) {
    const Route& route = Find(label);
    return Bind(route, Wire(route, text), unmapped);
  }

  static inline const RouteTable* routes_ = nullptr;
};

// The request as it would look on the wire, headers in order.
std::string Show(const BoundRequest& request) {
  std::string text = absl::StrCat(request.method, " ", request.Target(), "\n");
  for (const auto& [name, value] : request.headers) {
    absl::StrAppend(&text, name, ": ", value, "\n");
  }
  if (!request.body.empty()) absl::StrAppend(&text, "\n", request.body);
  return text;
}

TEST_F(RequestBinderTest, BindsOperations) {
  struct Case {
    std::string label;
    std::string operation;
    std::vector<json::Unmapped> unmapped;
    std::string call;
  };
  const Case cases[] = {
      {"order_management.get_order",
       R"(order_id: "1")",
       {},
       "GET /ordermanagement/v1/orders/1\n"
       "Accept: application/json\n"},
      {"order_management.get_order",
       R"(order_id: "1" klarna_integrator: "shop 2.1")",
       {},
       "GET /ordermanagement/v1/orders/1\n"
       "Accept: application/json\n"
       "Klarna-Integrator: shop 2.1\n"},
      {"settlements.list_payouts",
       "",
       {},
       "GET /settlements/v1/payouts\n"
       "Accept: application/json\n"},
      {"settlements.list_payouts",
       R"(start_date: "2026-01-01T00:00:00+01:00" currency_code: "EUR&size=9")",
       {},
       "GET "
       "/settlements/v1/payouts?start_date=2026-01-01T00%3A00%3A00%2B01%3A00"
       "&currency_code=EUR%26size%3D9\n"
       "Accept: application/json\n"},
      {"settlements.list_payouts",
       R"(start_date: "" end_date: "\303\245 \000=#")",
       {},
       "GET /settlements/v1/payouts?start_date=&end_date=%C3%A5%20%00%3D%23\n"
       "Accept: application/json\n"},
      {"settlements.get_payout_report_with_transactions",
       R"(payment_reference: "XISA93DJ")",
       {},
       "GET /settlements/v1/reports/payout-with-transactions"
       "?payment_reference=XISA93DJ\n"
       "Accept: text/csv\n"},
      {"disputes.list_disputes",
       R"(state: "INITIATED" state: "CLOSED" sort_by: "-created_at"
          partner_correlation_id: "c-1"
          integration_metadata {
            integrator { name: "SHOP" session_reference: "s \"1\"" } })",
       {},
       "GET /v4/payment/disputes?state=INITIATED&state=CLOSED"
       "&sort_by=-created_at\n"
       "Accept: application/json\n"
       "Klarna-Integration-Metadata: {\"integrator\":{\"name\":\"SHOP\","
       "\"session_reference\":\"s \\\"1\\\"\"}}\n"
       "Partner-Correlation-Id: c-1\n"},
      {"disputes.download_attachment",
       R"(payment_dispute_id: "krn:x:1" payment_dispute_attachment_id: "a/b")",
       {},
       "GET /v4/payment/disputes/krn%3Ax%3A1/attachments/a%2Fb/download\n"
       "Accept: */*\n"},
      {"order_management.create_capture",
       R"(order_id: "7" capture {
            captured_amount: 9007199254740993 description: ""
            order_lines { name: "t\303\251" quantity: 0 } })",
       {{-1, "/reference", "null"}, {-1, "/order_lines/0/tags", "[]"}},
       "POST /ordermanagement/v1/orders/7/captures\n"
       "Accept: application/json\n"
       "Content-Type: application/json\n"
       "\n"
       R"({"captured_amount":9007199254740993,"description":"",)"
       R"("order_lines":[{"name":"té","quantity":0,"tags":[]}],)"
       R"("reference":null})"},
      {"order_management.create_capture",
       R"(order_id: "7")",
       {},
       "POST /ordermanagement/v1/orders/7/captures\n"
       "Accept: application/json\n"
       "Content-Type: application/json\n"
       "\n{}"},
      {"order_management.cancel_order",
       R"(order_id: "7")",
       {},
       "POST /ordermanagement/v1/orders/7/cancel\n"
       "Accept: application/json\n"},
      {"shipping_service_callback.update_shipment",
       R"(shipment_id: "9" selection {})",
       {},
       "PUT /shipment/9\n"
       "Accept: application/vdn.klarna.shipping.select_option-v1+json, "
       "application/json\n"
       "Content-Type: application/vdn.klarna.shipping.select_option-v1+json\n"
       "\n{}"},
  };
  for (const Case& c : cases) {
    const auto bound = BindText(c.label, c.operation, c.unmapped);
    ASSERT_TRUE(bound.ok()) << c.label << ": " << bound.status();
    std::string call = Show(*bound);
    // Merged members may stand anywhere; these cases expect them at the end.
    EXPECT_EQ(call, c.call);
  }
}

TEST_F(RequestBinderTest, OrderOnTheWireDoesNotMatter) {
  const Route& route = Find("disputes.list_disputes");
  const std::string wire =
      Wire(route,
           R"(created_at_start: "1" created_at_end: "2" purchase_references: "p"
              partner_correlation_id: "c"
              integration_metadata { integrator { name: "N" } })");
  std::vector<std::string> fields;
  json::WireReader reader(wire);
  for (json::WireField field; reader.Next(field);) {
    fields.emplace_back(field.raw);
  }
  ASSERT_EQ(fields.size(), 5u);
  const auto expected = Bind(route, wire, {});
  ASSERT_TRUE(expected.ok()) << expected.status();
  std::sort(fields.begin(), fields.end());
  do {
    std::string shuffled;
    for (const std::string& field : fields) shuffled += field;
    const auto bound = Bind(route, shuffled, {});
    ASSERT_TRUE(bound.ok()) << bound.status();
    EXPECT_EQ(Show(*bound), Show(*expected));
  } while (std::next_permutation(fields.begin(), fields.end()));
}

TEST_F(RequestBinderTest, HostilePathValueStaysOneSegment) {
  const Route& route = Find("order_management.get_order");
  for (int byte = 0; byte < 256; ++byte) {
    for (const std::string& value :
         {std::string(1, static_cast<char>(byte)),
          absl::StrCat("..", std::string(1, static_cast<char>(byte)), "..")}) {
      if (value == ".") continue;
      std::string wire;
      json::AppendLengthDelimited(1, value, wire);
      const auto bound = Bind(route, wire, {});
      ASSERT_TRUE(bound.ok()) << bound.status();
      const std::vector<std::string> segments =
          absl::StrSplit(bound->Target(), '/');
      ASSERT_EQ(segments.size(), 5u) << bound->Target();
      EXPECT_EQ(bound->Target().find_first_of("?#;\\ \r\n"), std::string::npos)
          << bound->Target();
      EXPECT_NE(segments[4], "");
      EXPECT_NE(segments[4], "..");
    }
  }
}

// What INVALID_ARGUMENT names as the field, empty for another status.
std::string RefusedField(const absl::Status& status) {
  google::rpc::BadRequest detail;
  if (status.code() != absl::StatusCode::kInvalidArgument ||
      !GetDetail(status, detail)) {
    return "";
  }
  return detail.field_violations(0).field();
}

TEST_F(RequestBinderTest, RefusesPathValuesThatAreNone) {
  for (const char* value : {"", ".", ".."}) {
    EXPECT_EQ(RefusedField(BindText("order_management.get_refund",
                                    absl::StrCat("order_id: '1' refund_id: '",
                                                 value, "'"))
                               .status()),
              "get_refund.refund_id");
  }
  EXPECT_EQ(
      RefusedField(
          BindText("order_management.get_refund", "refund_id: '1'").status()),
      "get_refund.order_id");
  EXPECT_EQ(RefusedField(BindText("order_management.get_order",
                                  absl::StrCat("order_id: '",
                                               std::string(257, 'a'), "'"))
                             .status()),
            "get_order.order_id");
}

TEST_F(RequestBinderTest, RefusesWhatBreaksAHeader) {
  const Route& route = Find("order_management.get_order");
  for (int byte = 0; byte < 256; ++byte) {
    std::string wire;
    json::AppendLengthDelimited(1, "1", wire);
    json::AppendLengthDelimited(
        2, absl::StrCat("a", std::string(1, static_cast<char>(byte)), "b"),
        wire);
    const auto bound = Bind(route, wire, {});
    if (byte >= 0x20 && byte < 0x7f) {
      EXPECT_TRUE(bound.ok()) << byte << ": " << bound.status();
    } else {
      EXPECT_EQ(RefusedField(bound.status()), "get_order.klarna_integrator")
          << byte;
    }
  }
}

TEST_F(RequestBinderTest, RefusesALongHeader) {
  const auto bind = [](size_t size) {
    return BindText("order_management.get_order",
                    absl::StrCat("order_id: '1' klarna_integrator: '",
                                 std::string(size, 'a'), "'"))
        .status();
  };
  EXPECT_TRUE(bind(4096).ok());
  EXPECT_EQ(RefusedField(bind(4097)), "get_order.klarna_integrator");
}

TEST_F(RequestBinderTest, RefusesAMessageHeaderThatIsNotAscii) {
  EXPECT_EQ(
      RefusedField(BindText("disputes.get_dispute",
                            R"(payment_dispute_id: "1" integration_metadata {
                                 integrator { name: "\303\245" } })")
                       .status()),
      "get_dispute.integration_metadata");
}

TEST_F(RequestBinderTest, ErrorsDoNotRepeatTheValue) {
  const std::string secret = "hunter2\r\n";
  std::string wire;
  json::AppendLengthDelimited(1, "1", wire);
  json::AppendLengthDelimited(2, secret, wire);
  const auto bound = Bind(Find("order_management.get_order"), wire, {});
  ASSERT_FALSE(bound.ok());
  EXPECT_EQ(ToRpcStatus(bound.status()).SerializeAsString().find("hunter2"),
            std::string::npos);
}

TEST_F(RequestBinderTest, RefusesUnmappedThatDoesNotFit) {
  struct Case {
    std::string label;
    std::vector<json::Unmapped> unmapped;
    std::string field;
  };
  const Case cases[] = {
      {"order_management.get_order", {{-1, "/a", "1"}}, "unmapped"},
      {"order_management.cancel_order", {{-1, "/a", "1"}}, "unmapped"},
      {"order_management.create_capture",
       {{-1, "/captured_amount", "1"}},
       "create_capture.capture"},
      {"order_management.create_capture",
       {{-1, "/a", "{"}},
       "create_capture.capture"},
      {"order_management.create_capture",
       {{-1, "a", "1"}},
       "create_capture.capture"},
      {"order_management.create_capture",
       {{-1, "/missing/a", "1"}},
       "create_capture.capture"},
      {"order_management.create_capture",
       {{-1, "/a", "1"}, {-1, "/a", "2"}},
       "create_capture.capture"},
  };
  for (const Case& c : cases) {
    const bool capture = c.label == "order_management.create_capture";
    const auto bound =
        BindText(c.label,
                 capture ? "order_id: '1' capture { captured_amount: 5 }"
                         : "order_id: '1'",
                 c.unmapped);
    EXPECT_EQ(RefusedField(bound.status()), c.field) << c.label;
  }
}

TEST_F(RequestBinderTest, UploadsAFileInParts) {
  const auto bound = BindText("disputes.upload_attachment",
                              R"(payment_dispute_id: "d" filename: "proof.pdf"
         file { data: "\000\r\n--x" filename: "scan.pdf"
                content_type: "application/pdf" })");
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(bound->method, "POST");
  EXPECT_EQ(bound->Target(), "/v4/payment/disputes/d/attachments");
  std::string content_type;
  for (const auto& [name, value] : bound->headers) {
    if (name == "Content-Type") content_type = value;
  }
  EXPECT_THAT(content_type, HasSubstr("multipart/form-data; boundary="));
  EXPECT_THAT(bound->body, HasSubstr(std::string("\r\n\r\n\0\r\n--x\r\n", 12)));
  EXPECT_THAT(bound->body, HasSubstr("filename=\"scan.pdf\""));
  EXPECT_THAT(bound->body, HasSubstr("name=\"filename\"\r\n\r\nproof.pdf"));
}

TEST_F(RequestBinderTest, TargetIsPathAndQuery) {
  BoundRequest request;
  request.path = "/a";
  EXPECT_EQ(request.Target(), "/a");
  request.AddQuery("page[size]", "1&2");
  request.AddQuery("b", "");
  EXPECT_EQ(request.Target(), "/a?page%5Bsize%5D=1%262&b=");
}

}  // namespace
}  // namespace klarna::rest

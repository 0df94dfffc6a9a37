// SPDX-License-Identifier: Apache-2.0
#include "service/rest/operation_document.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "service/rest/request_binder.h"

namespace klarna::rest {
namespace {

using ::testing::HasSubstr;

class OperationDocumentTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto routes = RouteTable::Compile(LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = std::move(*routes).release();
  }
  static void TearDownTestSuite() { delete routes_; }

  static std::vector<const Route*> AllRoutes() {
    std::vector<const Route*> all;
    for (const auto* service : routes_->services()) {
      for (const char* rpc : {"Subscribe", "Publish"}) {
        for (const auto& [field, route] :
             routes_->Find(service->full_name(), rpc)->routes) {
          all.push_back(&route);
        }
      }
    }
    return all;
  }

  static const Route& Find(absl::string_view label) {
    for (const Route* route : AllRoutes()) {
      if (route->label == label) return *route;
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
    return message->SerializeAsString();
  }

  static std::string Document(absl::string_view label, const std::string& text,
                              const std::vector<json::Unmapped>& more = {}) {
    const Route& route = Find(label);
    const auto document = WriteDocument(route, Wire(route, text), more);
    return document.ok() ? *document : document.status().ToString();
  }

  // What is sent when a document has become `document`: method, path, query,
  // headers other than the media types, and body; or why nothing is.
  static std::string Sent(absl::string_view label, const std::string& text,
                          const std::string& document) {
    const Route& route = Find(label);
    const auto operation = ReadDocument(route, Wire(route, text), document);
    if (!operation.ok()) return std::string(operation.status().message());
    const auto bound = Bind(route, operation->wire, operation->unmapped);
    if (!bound.ok()) return std::string(bound.status().message());
    std::string sent = bound->method + " " + bound->Target();
    for (const auto& [name, value] : bound->headers) {
      if (name == "Accept" || name == "Content-Type") continue;
      sent += "\n" + name + ": " + value;
    }
    return sent + "\n" + bound->body;
  }

  static inline const RouteTable* routes_ = nullptr;
};

constexpr char kCapture[] = "order_management.create_capture";
constexpr char kTransactions[] = "settlements.list_transactions";

TEST_F(OperationDocumentTest, HoldsPathQueryAndPayload) {
  EXPECT_EQ(
      Document(kCapture, "order_id: 'o/1' capture { captured_amount: 100 }"),
      R"({"operation":"order_management.create_capture",)"
      R"("path":{"order_id":"o/1"},"query":{},)"
      R"("payload":{"captured_amount":100}})");
  EXPECT_EQ(Document(kTransactions, "payment_reference: 'P1'"),
            R"({"operation":"settlements.list_transactions","path":{},)"
            R"("query":{"payment_reference":"P1"},"payload":null})");
}

TEST_F(OperationDocumentTest, ThePayloadIsTheBodyAsItWouldBeSent) {
  EXPECT_EQ(Document(kCapture, "order_id: 'o1'"),
            R"({"operation":"order_management.create_capture",)"
            R"("path":{"order_id":"o1"},"query":{},"payload":{}})");
  EXPECT_EQ(Document(kCapture, "order_id: 'o1' capture { captured_amount: 1 }",
                     {{.pointer = "/new", .json = "[null]"}}),
            R"({"operation":"order_management.create_capture",)"
            R"("path":{"order_id":"o1"},"query":{},)"
            R"("payload":{"captured_amount":1,"new":[null]}})");
}

TEST_F(OperationDocumentTest, EveryOperationButUploadsHasOneThatReadsBack) {
  int without = 0;
  for (const Route* route : AllRoutes()) {
    if (!HasDocument(*route)) {
      ++without;
      EXPECT_TRUE(route->multipart) << route->label;
      continue;
    }
    const auto document = WriteDocument(*route, "", {});
    ASSERT_TRUE(document.ok()) << route->label << document.status();
    const auto operation = ReadDocument(*route, "", *document);
    EXPECT_TRUE(operation.ok()) << route->label << operation.status();
  }
  EXPECT_GT(without, 0);
}

TEST_F(OperationDocumentTest, HeadersStayAsTheCallerSetThem) {
  const std::string text =
      "payment_dispute_id: 'd1' partner_correlation_id: 'c1'";
  EXPECT_THAT(Document("disputes.get_dispute", text),
              ::testing::Not(HasSubstr("c1")));
  EXPECT_THAT(
      Sent("disputes.get_dispute", text,
           R"({"operation":"disputes.get_dispute",)"
           R"("path":{"payment_dispute_id":"d2"},"query":{},"payload":null})"),
      ::testing::AllOf(HasSubstr("/d2"), HasSubstr(": c1\n")));
}

struct ReadCase {
  const char* name;
  const char* label;
  const char* path;
  const char* query;
  const char* payload;
  const char* sent;  // Or a part of why it is refused.
};

class ReadDocumentTest : public OperationDocumentTest,
                         public ::testing::WithParamInterface<ReadCase> {};

TEST_P(ReadDocumentTest, IsSentOrSaysWhatDoesNotFit) {
  const ReadCase& tested = GetParam();
  const std::string document = absl::StrCat(
      R"({"operation":")", tested.label, R"(","path":)", tested.path,
      R"(,"query":)", tested.query, R"(,"payload":)", tested.payload, "}");
  EXPECT_THAT(Sent(tested.label, "", document), HasSubstr(tested.sent));
}

INSTANTIATE_TEST_SUITE_P(
    Documents, ReadDocumentTest,
    ::testing::ValuesIn(std::vector<ReadCase>{
        {"Capture", kCapture, R"({"order_id":"o2"})", "{}",
         R"({"captured_amount":7})",
         "POST "
         "/ordermanagement/v1/orders/o2/captures\n{\"captured_amount\":7}"},
        {"Query", kTransactions, "{}",
         R"({"payment_reference":"P/2","order_id":"o 1"})", "null",
         "GET "
         "/settlements/v1/transactions?payment_reference=P%2F2&order_id=o%201"
         "\n"},
        {"Braces", kCapture, R"({"order_id":"{checkout.order.id}"})", "{}",
         R"({"description":"{checkout.order.id}"})",
         "orders/%7Bcheckout.order.id%7D/captures\n"
         "{\"description\":\"{checkout.order.id}\"}"},
        {"PathIsEncoded", kCapture, R"({"order_id":"../o?a=b"})", "{}", "{}",
         "orders/..%2Fo%3Fa%3Db/captures"},
        {"PathWithDots", kCapture, R"({"order_id":".."})", "{}", "{}",
         "create_capture.order_id"},
        {"PathEmpty", kCapture, R"({"order_id":""})", "{}", "{}",
         "create_capture.order_id"},
        {"PathMissing", kCapture, "{}", "{}", "{}", "create_capture.order_id"},
        {"PathNumber", kCapture, R"({"order_id":1})", "{}", "{}",
         "/path/order_id: is no path parameter of create_capture, or of "
         "another type"},
        {"PathUnknown", kCapture, R"({"order_id":"o1","id":"x"})", "{}", "{}",
         "/path/id: is no path parameter"},
        {"PathIsThePayload", kCapture, R"({"order_id":"o1","capture":{}})",
         "{}", "{}", "/path: holds what is no path parameter"},
        {"PathIsNoObject", kCapture, R"("o1")", "{}", "{}",
         "/path: is no path parameter"},
        {"PathNull", kCapture, "null", "{}", "{}",
         "/path: is no path parameter"},
        {"QueryUnknown", kTransactions, "{}", R"({"foo":"a"})", "null",
         "/query/foo: is no query parameter of list_transactions"},
        {"QueryNull", kTransactions, "{}", R"({"payment_reference":null})",
         "null", "/query/payment_reference: is no query parameter"},
        {"QueryNumber", kTransactions, "{}", R"({"payment_reference":1})",
         "null", "/query/payment_reference: is no query parameter"},
        {"Paging", kTransactions, "{}", R"({"size":20})", "null",
         "/query/size: is no query parameter"},
        {"QueryIsThePath", kCapture, R"({"order_id":"o1"})",
         R"({"order_id":"o1"})", "{}", "/query: holds what is no query"},
        {"NewMember", kCapture, R"({"order_id":"o1"})", "{}",
         R"({"captured_amount":7,"new_member":{"a":1.50}})",
         "{\"captured_amount\":7,\"new_member\":{\"a\":1.50}}"},
        {"NullAndEmptyList", kCapture, R"({"order_id":"o1"})", "{}",
         R"({"description":null,"order_lines":[]})",
         "{\"description\":null,\"order_lines\":[]}"},
        {"FractionOfACent", kCapture, R"({"order_id":"o1"})", "{}",
         R"({"captured_amount":7.5})",
         "/payload/captured_amount: is not a whole number"},
        {"AmountAsText", kCapture, R"({"order_id":"o1"})", "{}",
         R"({"captured_amount":"7"})",
         "/payload/captured_amount: is not a whole number"},
        {"WrongTypeInALine", kCapture, R"({"order_id":"o1"})", "{}",
         R"({"order_lines":[{"name":"a"},{"name":["b"]}]})",
         "/payload/order_lines/1/name: is not a string"},
        {"WrongTypeOfALine", kCapture, R"({"order_id":"o1"})", "{}",
         R"({"order_lines":[{"name":"a"},"b"]})",
         "/payload/order_lines/1: is not a list of values of its type"},
        {"PayloadIsNoObject", kCapture, R"({"order_id":"o1"})", "{}", "[1]",
         "/payload: is not an object"},
        {"PayloadNull", kCapture, R"({"order_id":"o1"})", "{}", "null",
         "/payload: is not an object"},
        {"PayloadWhereThereIsNone", kTransactions, "{}", "{}", "{}",
         "/payload: must stay null: list_transactions has no JSON body"},
    }),
    [](const auto& tested) { return tested.param.name; });

struct FormCase {
  const char* name;
  const char* document;
  const char* why;
};

class DocumentFormTest : public OperationDocumentTest,
                         public ::testing::WithParamInterface<FormCase> {};

TEST_P(DocumentFormTest, IsRefused) {
  EXPECT_THAT(Sent(kCapture, "order_id: 'o1'", GetParam().document),
              HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    Documents, DocumentFormTest,
    ::testing::ValuesIn(std::vector<FormCase>{
        {"List", "[]", ": the result is not an object"},
        {"Text", "\"a\"", ": the result is not an object"},
        {"NoJson", "{", "invalid JSON"},
        {"Nothing", "{}", "/operation: is missing"},
        {"PayloadOnly", R"({"payload":{}})", "/operation: is missing"},
        {"NoQuery",
         R"({"operation":"order_management.create_capture","path":{},)"
         R"("payload":{}})",
         "/query: is missing; a result has the members of the input"},
        {"AnotherMember", R"({"headers":{}})",
         ": the result has other members than"},
        {"AnotherOperation",
         R"({"operation":"order_management.cancel_order","path":{},)"
         R"("query":{},"payload":null})",
         "/operation: cannot be changed"},
    }),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace klarna::rest

// SPDX-License-Identifier: Apache-2.0
#include "service/rest/raw_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/text_format.h"
#include "klarna/gateway/v1/raw.pb.h"

namespace klarna::rest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";

class RawCallTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto routes = RouteTable::Compile(LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = std::move(*routes).release();
  }
  static void TearDownTestSuite() { delete routes_; }

  static absl::StatusOr<BoundRequest> BindText(const char* rpc,
                                               const std::string& text) {
    gateway::v1::RawCall call;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &call))
        << text;
    return BindRaw(*routes_->Find(kOrderManagement, rpc),
                   call.SerializeAsString());
  }

  static inline const RouteTable* routes_ = nullptr;
};

TEST_F(RawCallTest, ARead) {
  const auto bound = BindText("Subscribe", R"(
    method: 'GET'
    path: '/ordermanagement/v2/orders/a b:c/notes'
    query { name: 'size' value: '10' }
    query { name: 'q' value: 'x&y' })");
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(bound->method, "GET");
  EXPECT_EQ(bound->Target(),
            "/ordermanagement/v2/orders/a%20b%3Ac/notes?size=10&q=x%26y");
  EXPECT_THAT(bound->headers, ElementsAre(Pair("Accept", "application/json")));
  EXPECT_EQ(bound->body, "");
}

TEST_F(RawCallTest, AChangeSendsItsPayloadAsItIs) {
  const auto bound = BindText("Publish", R"(
    method: 'PATCH'
    path: '/ordermanagement/v1/orders/o1/notes'
    headers { name: 'accept' value: 'application/vnd.klarna.note-v1+json' }
    payload: '{"amount": 9007199254740993, "b": 1.50}')");
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(bound->body, R"({"amount": 9007199254740993, "b": 1.50})");
  EXPECT_THAT(bound->headers,
              ElementsAre(Pair("accept", "application/vnd.klarna.note-v1+json"),
                          Pair("Content-Type", "application/json")));
}

struct BadCall {
  const char* name;
  const char* rpc;
  const char* text;
  const char* says;
};

class BadRawCallTest : public RawCallTest,
                       public ::testing::WithParamInterface<BadCall> {};

TEST_P(BadRawCallTest, IsRefused) {
  const auto bound = BindText(GetParam().rpc, GetParam().text);
  EXPECT_EQ(bound.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(bound.status().message()),
              HasSubstr(GetParam().says));
}

constexpr BadCall kBadCalls[] = {
    {"NoMethod", "Publish", "path: '/ordermanagement/v1'", "raw.method"},
    {"ReadThatChanges", "Subscribe", "method: 'POST' path: '/ordermanagement'",
     "must be GET"},
    {"ChangeThatReads", "Publish", "method: 'GET' path: '/ordermanagement'",
     "POST, PUT, PATCH, DELETE"},
    {"LowerCaseMethod", "Publish", "method: 'post' path: '/ordermanagement'",
     "raw.method"},
    {"NoPath", "Subscribe", "method: 'GET'", "/ordermanagement/"},
    {"OtherDomain", "Subscribe", "method: 'GET' path: '/settlements/v1'",
     "/ordermanagement/"},
    {"RelativePath", "Subscribe", "method: 'GET' path: 'ordermanagement/v1'",
     "/ordermanagement/"},
    {"OtherHost", "Subscribe",
     "method: 'GET' path: '//evil.example/ordermanagement'",
     "/ordermanagement/"},
    {"DotSegment", "Subscribe",
     "method: 'GET' path: '/ordermanagement/../settlements'", "dotted"},
    {"EmptySegment", "Subscribe", "method: 'GET' path: '/ordermanagement//x'",
     "empty"},
    {"EncodedPath", "Subscribe",
     "method: 'GET' path: '/ordermanagement/%2e%2e/x'", "encoded"},
    {"QueryInPath", "Subscribe",
     "method: 'GET' path: '/ordermanagement/v1?size=1'", "raw.query"},
    {"NamelessParameter", "Subscribe",
     "method: 'GET' path: '/ordermanagement/v1' query { value: 'x' }",
     "without a name"},
    {"ForeignHeader", "Subscribe",
     "method: 'GET' path: '/ordermanagement/v1' "
     "headers { name: 'Authorization' value: 'Basic eDp5' }",
     "raw.headers"},
    {"HeaderWithLineBreak", "Subscribe",
     "method: 'GET' path: '/ordermanagement/v1' "
     "headers { name: 'Accept' value: 'a\\r\\nX-Evil: 1' }",
     "printable"},
    {"HeaderTwice", "Subscribe",
     "method: 'GET' path: '/ordermanagement/v1' "
     "headers { name: 'Accept' value: 'a' } "
     "headers { name: 'ACCEPT' value: 'b' }",
     "twice"},
    {"PayloadOfARead", "Subscribe",
     "method: 'GET' path: '/ordermanagement/v1' payload: '{}'", "raw.payload"},
    {"NoJson", "Publish",
     "method: 'POST' path: '/ordermanagement/v1' payload: '{\"a\":}'",
     "not JSON"},
};

INSTANTIATE_TEST_SUITE_P(Calls, BadRawCallTest, ::testing::ValuesIn(kBadCalls),
                         [](const auto& tested) {
                           return std::string(tested.param.name);
                         });

}  // namespace
}  // namespace klarna::rest

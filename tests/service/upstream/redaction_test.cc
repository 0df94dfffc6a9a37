// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/redaction.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "service/upstream/redacted_json.h"

namespace klarna::upstream {
namespace {

constexpr char kBase[] = "https://proxy.example/klarna";

class RedactionTest : public ::testing::Test {
 protected:
  // The route of an operation.
  static const rest::Route& Of(absl::string_view label) {
    static const rest::RouteTable* const routes =
        rest::RouteTable::Compile(rest::LinkedServices()).value().release();
    for (const auto* service : routes->services()) {
      for (const char* rpc : {"Subscribe", "Publish"}) {
        for (const auto& [field, route] :
             routes->Find(service->full_name(), rpc)->routes) {
          if (route.label == label) return route;
        }
      }
    }
    ADD_FAILURE() << "there is no " << label;
    std::abort();
  }

  static std::string Url(absl::string_view label, const std::string& target) {
    const std::string shown = RedactedUrl(&Of(label), kBase, kBase + target);
    EXPECT_EQ(shown.find(kBase), 0u) << shown;
    return shown.substr(sizeof(kBase) - 1);
  }

  static std::string Headers(const http::Headers& headers,
                             const rest::Route* route = nullptr) {
    std::string out;
    AppendRedactedHeaders(headers, route, out);
    return out;
  }
};

TEST_F(RedactionTest, ShowsIdsInPaths) {
  EXPECT_EQ(Url("order_management.get_capture",
                "/ordermanagement/v1/orders/o%201/captures/c1"),
            "/ordermanagement/v1/orders/o%201/captures/c1");
}

TEST_F(RedactionTest, ShowsNoTokenInPaths) {
  EXPECT_EQ(
      Url("payments.create_order", "/payments/v1/authorizations/t1/order"),
      "/payments/v1/authorizations/[redacted]/order");
  EXPECT_EQ(Url("customer_token.get_token", "/customer-token/v1/tokens/t1"),
            "/customer-token/v1/tokens/[redacted]");
}

TEST_F(RedactionTest, ShowsOfTheQueryWhatTheRouteDocuments) {
  EXPECT_EQ(Url("settlements.list_payouts",
                "/settlements/v1/payouts?start_date=2026-01-01&offset=20&"
                "size=10&email=a%40b.example&t1"),
            "/settlements/v1/payouts?start_date=2026-01-01&offset=20&size=10&"
            "[redacted]&[redacted]");
}

TEST_F(RedactionTest, ShowsNothingOfAnotherPath) {
  for (const char* target :
       {"/customer-token/v1/tokens/t1/more", "/t1", "/other/v1/tokens/t1"}) {
    EXPECT_EQ(Url("customer_token.get_token", target), "/[redacted]");
  }
  EXPECT_EQ(RedactedUrl(&Of("customer_token.get_token"), kBase,
                        "https://other.example/t1"),
            "[redacted]");
}

TEST_F(RedactionTest, ShowsThePathOfATokenRequest) {
  EXPECT_EQ(RedactedUrl(nullptr, kBase, std::string(kBase) + "/auth?a=b"),
            std::string(kBase) + "/auth");
}

TEST_F(RedactionTest, ShowsNoHeaderThatAuthenticatesOrLeadsSomewhere) {
  for (const char* name :
       {"Authorization", "proxy-authorization", "Cookie", "Set-Cookie",
        "WWW-Authenticate", "X-Api-Key", "KeyId", "X-Auth", "X-CSRF-Token",
        "X-Client-Secret", "X-Password", "Location", "content-disposition",
        "Link", "X-Session-Id", "X-Signature"}) {
    EXPECT_EQ(Headers({{name, "canary"}}),
              std::string("{\"") + name + "\":\"[redacted]\"}");
  }
}

TEST_F(RedactionTest, ShowsOtherHeaders) {
  EXPECT_EQ(Headers({{"Content-Type", "text/csv"},
                     {"Klarna-Idempotency-Key", "k1"},
                     {"X-Ratelimit-Remaining", "7\x1b[2J"}}),
            R"({"Content-Type":"text/csv","Klarna-Idempotency-Key":"k1",)"
            R"("X-Ratelimit-Remaining":"7\u001b[2J"})");
  EXPECT_EQ(Headers({}), "{}");
}

TEST_F(RedactionTest, BoundsHeaders) {
  http::Headers headers;
  for (int i = 0; i < 1000; ++i) {
    headers.emplace_back("X-Filler", std::string(1000, 'x'));
  }
  const std::string shown = Headers(headers);
  EXPECT_LT(shown.size(), kMaxLoggedHeaders + 1024);
  EXPECT_TRUE(nlohmann::json::accept(shown)) << shown;
  EXPECT_NE(shown.find(R"("...":)"), std::string::npos);
}

}  // namespace
}  // namespace klarna::upstream

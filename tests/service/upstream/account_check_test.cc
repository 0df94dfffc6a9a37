// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/account_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "service/auth/credentials.h"
#include "tests/service/gateway/engine_under_test.h"
#include "tests/service/gateway/recorded_log.h"
#include "tests/service/gateway/scripted_transport.h"
#include "tests/testing/manual_executor.h"

namespace klarna::upstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Whole;

class AccountCheckTest : public ::testing::Test {
 protected:
  AccountCheckTest() : routes_(Compile()) {
    account_.name = "shop";
    account_.endpoint = {
        "https://api.klarna.example",
        std::make_shared<auth::BasicCredentials>("user", auth::Secret("pw"))};
  }

  static std::unique_ptr<rest::RouteTable> Compile() {
    auto routes = rest::RouteTable::Compile(rest::LinkedServices());
    EXPECT_TRUE(routes.ok()) << routes.status();
    return *std::move(routes);
  }

  // The same answer for every domain.
  std::vector<DomainCheck> Check(const testing::ScriptedAnswer& answer) {
    constexpr int kReads = 8;
    for (int i = 0; i < kReads; ++i) transport_.Answer(answer);
    std::vector<DomainCheck> checks;
    runtime::Task<void> story = Store(checks);
    story.Start();
    executor_.RunUntilIdle();
    EXPECT_TRUE(story.done());
    return checks;
  }

  runtime::Task<void> Store(std::vector<DomainCheck>& checks) {
    checks = co_await CheckAccount(client_, *routes_, account_);
  }

  testing::ManualExecutor executor_;
  testing::ScriptedTransport transport_{executor_};
  testing::CountingRandom random_;
  testing::RecordedLog log_;
  std::unique_ptr<rest::RouteTable> routes_;
  config::Account account_;
  Gate gate_{config::Limits()};
  Client client_{executor_, transport_, gate_, random_, log_, {.attempts = 1}};
};

TEST_F(AccountCheckTest, AsksEveryDomainWithAReadThatDoesNoHarm) {
  const std::vector<DomainCheck> checks = Check(Whole(404, "{}"));
  std::vector<std::string> calls;
  for (const DomainCheck& check : checks) {
    EXPECT_TRUE(check.status.ok()) << check.call << ": " << check.status;
    calls.push_back(check.domain);
  }
  EXPECT_THAT(calls,
              ElementsAre("checkout", "customer_token", "disputes",
                          "hosted_payment_page", "merchant_card_service",
                          "order_management", "payments", "settlements"));
  for (const http::HttpRequest& request : transport_.requests()) {
    EXPECT_EQ(request.method, "GET");
    EXPECT_FALSE(http::FindHeader(request.headers, "Authorization").empty());
  }
  EXPECT_THAT(checks.back().call, HasSubstr("/settlements/v1/payouts?size=1"));
}

TEST_F(AccountCheckTest, AsksTheShippingIntegratorWhereThereIsOne) {
  account_.domains["shipping_service_callback"] = {
      "https://ship.example", account_.endpoint.credentials};
  const DomainCheck shipping = Check(Whole(404, "{}")).back();
  EXPECT_EQ(shipping.domain, "shipping_service_callback");
  EXPECT_EQ(shipping.call, "token of https://ship.example");
  EXPECT_TRUE(shipping.status.ok()) << shipping.status;
}

TEST_F(AccountCheckTest, ExplainsWhatFailed) {
  struct Case {
    testing::ScriptedAnswer answer;
    const char* advice;
  };
  const Case cases[] = {
      {Whole(401), "region (eu, na, oc) and environment (live, playground)"},
      {Whole(403), "has this product"},
      {Whole(302, "<html>"), "not to a proxy"},
      {testing::Broken(http::TransferError::kResolve, false), "DNS"},
  };
  for (const Case& each : cases) {
    for (const DomainCheck& check : Check(each.answer)) {
      EXPECT_FALSE(check.status.ok()) << check.domain;
      EXPECT_THAT(check.advice, HasSubstr(each.advice)) << check.domain;
    }
  }
}

}  // namespace
}  // namespace klarna::upstream

// SPDX-License-Identifier: Apache-2.0
//
// Every kind of credentials against the sandbox, over sockets, and what happens
// when the upstream's keys change.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "klarna/settlements/v1/settlements_service.pb.h"
#include "service/auth/oauth2.h"
#include "service/sandbox/klarna.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna {
namespace {

namespace settlements = ::klarna::settlements::v1;

constexpr char kSettlements[] = "klarna.settlements.v1.SettlementsService";

using Credentials = std::shared_ptr<const auth::Credentials>;

class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsTest() : sandbox_(testing::StartSandbox({}, clock_)) {}

  std::unique_ptr<testing::GatewayUnderTest> GatewayWith(
      const Credentials& credentials) {
    return std::make_unique<testing::GatewayUnderTest>(
        sandbox_->url(), [&](config::Config& config) {
          config.accounts.front().endpoint.credentials = credentials;
        });
  }

  static grpc::Status Read(testing::GatewayUnderTest& gateway) {
    settlements::SubscribeRequest request;
    request.mutable_get_payout()->set_payment_reference("PAYOUT00001");
    return testing::Subscribe<settlements::SubscribeResponse>(
               gateway.channel(), kSettlements, request)
        .status;
  }

  Credentials OAuth2(const char* secret) const {
    return std::make_shared<auth::OAuth2Credentials>(
        sandbox_->url() + "/oauth2/token", "sandbox", auth::Secret(secret),
        "read");
  }

  runtime::SystemClock clock_;
  std::unique_ptr<sandbox::SandboxServer> sandbox_;
};

TEST_F(CredentialsTest, EachKindOpensTheApi) {
  const Credentials kinds[] = {std::make_shared<auth::BasicCredentials>(
                                   "sandbox", auth::Secret("sandbox")),
                               std::make_shared<auth::ApiKeyCredentials>(
                                   auth::Secret("klarna_test_api_sandbox")),
                               OAuth2("sandbox")};
  for (const Credentials& credentials : kinds) {
    const auto gateway = GatewayWith(credentials);
    const grpc::Status status = Read(*gateway);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
}

TEST_F(CredentialsTest, AWrongOneIsAClearError) {
  const Credentials kinds[] = {
      std::make_shared<auth::BasicCredentials>("sandbox",
                                               auth::Secret("wrong")),
      std::make_shared<auth::ApiKeyCredentials>(auth::Secret("wrong")),
      OAuth2("wrong")};
  for (const Credentials& credentials : kinds) {
    const auto gateway = GatewayWith(credentials);
    const grpc::Status status = Read(*gateway);
    EXPECT_EQ(status.error_code(), grpc::FAILED_PRECONDITION)
        << status.error_message();
  }
}

TEST_F(CredentialsTest, ATokenThatTheUpstreamForgotIsRenewed) {
  const auto gateway = GatewayWith(OAuth2("sandbox"));
  ASSERT_TRUE(Read(*gateway).ok());
  sandbox_->With([](sandbox::Klarna& klarna) {
    klarna.keyring().SetPasswords({"sandbox"});  // Tokens end.
  });
  const grpc::Status status = Read(*gateway);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

}  // namespace
}  // namespace klarna

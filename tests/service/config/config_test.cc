// SPDX-License-Identifier: Apache-2.0
#include "service/config/config.h"

#include <gtest/gtest.h>

#include <string>

namespace klarna::config {
namespace {

class CountingRandom final : public runtime::Random {
 public:
  uint64_t Next() override { return ++count_; }

 private:
  uint64_t count_ = 0;
};

Config TwoAccounts() {
  Config config;
  config.accounts.resize(2);
  config.accounts[0].name = "one";
  config.accounts[1].name = "two";
  config.accounts[1].endpoint.base_uri = "https://two.example";
  config.accounts[1].domains["checkout"].base_uri = "https://checkout.example";
  config.default_account_name = "two";
  return config;
}

TEST(ConfigTest, FindsAccountsByName) {
  const Config config = TwoAccounts();
  EXPECT_EQ(config.FindAccount("one"), &config.accounts[0]);
  EXPECT_EQ(config.FindAccount("three"), nullptr);
  EXPECT_EQ(config.FindAccount(""), nullptr);
  EXPECT_EQ(&config.default_account(), &config.accounts[1]);
}

TEST(ConfigTest, ADomainWithoutOverrideUsesTheAccountsEndpoint) {
  const Config config = TwoAccounts();
  const Account& account = config.default_account();
  EXPECT_EQ(account.For("checkout").base_uri, "https://checkout.example");
  EXPECT_EQ(account.For("payments").base_uri, "https://two.example");
}

TEST(ConfigTest, SandboxNeedsNoFile) {
  CountingRandom random;
  const Config config = SandboxConfig(8085, random);
  const Account& account = config.default_account();
  EXPECT_EQ(account.name, "sandbox");
  EXPECT_EQ(account.For("settlements").base_uri, "http://127.0.0.1:8085");
  EXPECT_EQ(account.For("settlements").credentials->authorization()->Reveal(),
            "Basic c2FuZGJveDpzYW5kYm94");
  const Endpoint& shipping = account.For("shipping_service_callback");
  EXPECT_EQ(shipping.base_uri, "http://127.0.0.1:8085");
  EXPECT_NE(shipping.credentials->token_exchange(), nullptr);
}

TEST(ConfigTest, SandboxMakesAResumeTokenSecretOfItsOwn) {
  CountingRandom random;
  const Config first = SandboxConfig(1, random);
  const Config second = SandboxConfig(1, random);
  ASSERT_EQ(first.resume_tokens.secrets.size(), 1u);
  EXPECT_EQ(first.resume_tokens.secrets[0].Reveal().size(), 32u);
  EXPECT_NE(first.resume_tokens.secrets[0].Reveal(),
            second.resume_tokens.secrets[0].Reveal());
}

}  // namespace
}  // namespace klarna::config

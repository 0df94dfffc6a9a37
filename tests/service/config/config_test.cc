// SPDX-License-Identifier: Apache-2.0
#include "service/config/config.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace klarna::config {
namespace {

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

Endpoint MakeEndpoint(const std::string& base_uri, const std::string& digest) {
  return {.base_uri = base_uri,
          .credentials = std::make_shared<auth::BasicCredentials>(
              "user", auth::Secret("password")),
          .credentials_digest = digest};
}

Config OneAccount(const Endpoint& endpoint) {
  Config config;
  config.accounts.resize(1);
  config.accounts[0].endpoint = endpoint;
  return config;
}

TEST(ConfigTest, KeepsCredentialsThatDidNotChange) {
  const Config before = OneAccount(MakeEndpoint("https://one", "digest"));
  const struct {
    const char* what;
    Endpoint after;
    bool kept;
  } cases[] = {
      {"nothing changed", MakeEndpoint("https://one", "digest"), true},
      {"another secret", MakeEndpoint("https://one", "other"), false},
      {"another host", MakeEndpoint("https://two", "digest"), false},
  };
  for (const auto& each : cases) {
    Config after = OneAccount(each.after);
    KeepCredentials(before, after);
    EXPECT_EQ(after.accounts[0].endpoint.credentials ==
                  before.accounts[0].endpoint.credentials,
              each.kept)
        << each.what;
  }
}

TEST(ConfigTest, KeepsCredentialsOfADomainThatMovedToAnotherAccount) {
  Config before = OneAccount(MakeEndpoint("https://one", "one"));
  before.accounts[0].domains["checkout"] = MakeEndpoint("https://two", "two");
  Config after = OneAccount(MakeEndpoint("https://two", "two"));
  KeepCredentials(before, after);
  EXPECT_EQ(after.accounts[0].endpoint.credentials,
            before.accounts[0].domains["checkout"].credentials);
}

TEST(ConfigTest, CredentialsOfUnknownDigestAreNotKept) {
  const Config before = OneAccount(MakeEndpoint("https://one", ""));
  Config after = OneAccount(MakeEndpoint("https://one", ""));
  KeepCredentials(before, after);
  EXPECT_NE(after.accounts[0].endpoint.credentials,
            before.accounts[0].endpoint.credentials);
}

}  // namespace
}  // namespace klarna::config

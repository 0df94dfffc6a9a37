// SPDX-License-Identifier: Apache-2.0
#include "service/config/config.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "service/auth/shipping_digest.h"

namespace klarna::config {
namespace {

constexpr size_t kTokenSecretBytes = 32;

}  // namespace

const Endpoint& Account::For(std::string_view domain) const {
  const auto found = domains.find(domain);
  return found == domains.end() ? endpoint : found->second;
}

const Account* Config::FindAccount(std::string_view name) const {
  const auto found =
      std::find_if(accounts.begin(), accounts.end(),
                   [&](const Account& each) { return each.name == name; });
  return found == accounts.end() ? nullptr : &*found;
}

const Account& Config::default_account() const {
  return *FindAccount(default_account_name);
}

Config SandboxConfig(uint16_t port, runtime::Random& random) {
  Account account;
  account.name = "sandbox";
  account.merchant_key = "sandbox";
  account.raw_calls = true;
  account.endpoint = {.base_uri = absl::StrCat("http://127.0.0.1:", port),
                      .credentials = std::make_shared<auth::BasicCredentials>(
                          "sandbox", auth::Secret("sandbox"))};
  account.domains["shipping_service_callback"] = {
      .base_uri = account.endpoint.base_uri,
      .credentials = std::make_shared<auth::ShippingDigestCredentials>(
          "sandbox", auth::Secret("sandbox-key"))};
  Config config;
  config.drain_wait = absl::ZeroDuration();
  config.default_account_name = account.name;
  config.accounts.push_back(std::move(account));
  std::string secret = random.Bytes(kTokenSecretBytes);
  config.resume_tokens.secrets.push_back(auth::Secret::Take(secret));
  return config;
}

}  // namespace klarna::config

// SPDX-License-Identifier: Apache-2.0
#include "service/config/config.h"

#include <algorithm>

namespace klarna::config {
namespace {

// A token is good at one host only, so the host has to be the same.
bool KeepCredentialsOf(const Endpoint& before, Endpoint& after) {
  if (after.credentials_digest.empty() ||
      before.credentials_digest != after.credentials_digest ||
      before.base_uri != after.base_uri) {
    return false;
  }
  after.credentials = before.credentials;
  return true;
}

}  // namespace

const Endpoint& Account::For(std::string_view domain) const {
  const auto found = domains.find(domain);
  return found == domains.end() ? endpoint : found->second;
}

const std::string& Account::TransformerFor(std::string_view operation) const {
  const auto found = operation_transformers.find(operation);
  return found == operation_transformers.end() ? transformer : found->second;
}

const Account* Config::FindAccount(std::string_view name) const {
  const auto found =
      std::find_if(accounts.begin(), accounts.end(),
                   [&](const Account& each) { return each.name == name; });
  return found == accounts.end() ? nullptr : &*found;
}

const Transformer* Config::FindTransformer(std::string_view name) const {
  const auto found =
      std::find_if(transformers.begin(), transformers.end(),
                   [&](const Transformer& each) { return each.name == name; });
  return found == transformers.end() ? nullptr : &*found;
}

const Account& Config::default_account() const {
  return *FindAccount(default_account_name);
}

void KeepCredentials(const Config& before, Config& after) {
  const auto keep = [&](Endpoint& endpoint) {
    for (const Account& account : before.accounts) {
      if (KeepCredentialsOf(account.endpoint, endpoint)) return;
      for (const auto& [domain, override] : account.domains) {
        if (KeepCredentialsOf(override, endpoint)) return;
      }
    }
  };
  for (Account& account : after.accounts) {
    keep(account.endpoint);
    for (auto& [domain, override] : account.domains) keep(override);
  }
}

}  // namespace klarna::config

// SPDX-License-Identifier: Apache-2.0
#include "service/auth/credentials.h"

#include "absl/strings/escaping.h"

namespace klarna::auth {
namespace {

Secret BasicHeader(std::string_view user, const Secret& password) {
  std::string pair(user);
  pair += ':';
  pair += password.Reveal();
  std::string header = "Basic " + absl::Base64Escape(pair);
  Secret::Take(pair);
  return Secret::Take(header);
}

Secret KeyHeader(const Secret& key) {
  std::string header = "Basic ";
  header += key.Reveal();
  return Secret::Take(header);
}

}  // namespace

BasicCredentials::BasicCredentials(std::string_view user,
                                   const Secret& password)
    : authorization_(BasicHeader(user, password)) {}

ApiKeyCredentials::ApiKeyCredentials(const Secret& key)
    : authorization_(KeyHeader(key)) {}

}  // namespace klarna::auth

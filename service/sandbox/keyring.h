// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "service/sandbox/identifiers.h"
#include "service/sandbox/message.h"
#include "service/sandbox/options.h"

namespace klarna::sandbox {

// What a merchant proves itself with: user and password, a key alone, or a
// bearer token that an OAuth2 client got for its id and secret, which are user
// and password here. Several of each may be good at a time, as at Klarna while
// a merchant rotates them. Not thread-safe.
class Keyring {
 public:
  static constexpr char kTokenPath[] = "/oauth2/token";

  Keyring(const SandboxOptions& options, Identifiers& ids);

  // From now on these are good and no others, tokens included. An empty list
  // leaves what was.
  void SetPasswords(std::vector<std::string> passwords);
  void SetApiKeys(std::vector<std::string> api_keys);

  // Whether an Authorization header opens the API.
  bool Opens(const Request& request, absl::Time now) const;

  // Answers a request for a token: RFC 6749, client credentials.
  Answer IssueToken(const Request& request, absl::Time now);

 private:
  bool KnowsClient(const Request& request) const;

  const SandboxOptions& options_;
  Identifiers& ids_;
  std::vector<std::string> passwords_;  // As headers: "Basic ...".
  std::vector<std::string> api_keys_;
  absl::flat_hash_map<std::string, absl::Time> tokens_;  // When each expires.
};

}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "service/auth/credentials.h"
#include "service/auth/secret.h"
#include "service/runtime/random.h"

namespace klarna::json {
class Schema;
}

namespace klarna::auth {

// OAuth2 client credentials (RFC 6749, section 4.4): POST to the token URL with
// id and secret as HTTP Basic is answered by an access token for a while.
// Immutable, thread-safe.
class OAuth2Credentials final : public Credentials, private TokenExchange {
 public:
  // `token_url` is absolute. An empty `scope` is not sent.
  OAuth2Credentials(std::string token_url, std::string_view client_id,
                    const Secret& client_secret, std::string_view scope);
  ~OAuth2Credentials() override;

  const TokenExchange* token_exchange() const override { return this; }

 private:
  TokenRequest MakeRequest(runtime::Random& random) const override;
  absl::StatusOr<Token> ReadAnswer(int http_status,
                                   std::string_view body) const override;

  const std::string token_url_;
  const Secret authorization_;
  const std::string body_;
  const std::unique_ptr<const json::Schema> schema_;  // Of the answer.
};

}  // namespace klarna::auth

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

// The digest of the shipping service callback API: SHA-256 over nonce and key,
// in lower-case hexadecimal.
//
//   ShippingDigest("lRFUpqW7Xd", Secret("smOOOth"))
//       = "8c3891b3162db3ab61a9b2da74e6a479553aba897894e5236ed290c11a0b832b"
std::string ShippingDigest(std::string_view nonce, const Secret& key);

// The credentials of a shipping integrator's endpoint: POST /auth with
// identifier, nonce and digest is answered by 201 and a bearer token, whose
// form and lifetime are the integrator's.
//
//   {"identifier":"shop","secret":{"nonce":"4f1c...","digest":"8c38..."}}
//   -> {"token":"eyJ..."}
//
// The key itself never leaves the gateway. Immutable, thread-safe.
class ShippingDigestCredentials final : public Credentials,
                                        private TokenExchange {
 public:
  // `identifier` is printable ASCII.
  ShippingDigestCredentials(std::string identifier, Secret key);
  ~ShippingDigestCredentials() override;

  const TokenExchange* token_exchange() const override { return this; }

 private:
  TokenRequest MakeRequest(runtime::Random& random) const override;
  absl::StatusOr<Token> ReadAnswer(int http_status,
                                   std::string_view body) const override;

  const std::string identifier_;
  const Secret key_;
  const std::unique_ptr<const json::Schema> schema_;  // Of the two bodies.
};

}  // namespace klarna::auth

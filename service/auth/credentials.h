// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/auth/secret.h"
#include "service/runtime/random.h"

namespace klarna::auth {

// The HTTP call that fetches a token: a POST, answered by JSON.
struct TokenRequest {
  // Absolute, or a path below the endpoint's base URI, such as "/auth".
  std::string url;
  std::string content_type;  // Of `body`.
  std::string accept;
  Secret authorization = {};  // Value of the header. Empty: none.
  Secret body;
};

struct Token {
  Secret authorization;  // Value of the Authorization header.
  // How long it is good for, as far as known. A 401 ends it at any time.
  absl::Duration lifetime = absl::InfiniteDuration();
};

// What has to be said to get a token, and what the answer means. Knows nothing
// of connections: whoever has one makes the call, keeps the token for this
// object, and fetches a new one after a 401. Implementations are immutable and
// thread-safe.
class TokenExchange {
 public:
  virtual ~TokenExchange() = default;

  virtual TokenRequest MakeRequest(runtime::Random& random) const = 0;

  // FAILED_PRECONDITION: the credentials were rejected. UNAVAILABLE: the server
  // failed. INTERNAL: its answer is not what the API says. Texts never hold a
  // part of the body.
  virtual absl::StatusOr<Token> ReadAnswer(int http_status,
                                           std::string_view body) const = 0;
};

// How the gateway proves itself to an upstream. Of the two members exactly one
// is not null:
//
//   if (const Secret* header = credentials.authorization()) {
//     request.headers.emplace_back("Authorization", header->Reveal());
//   } else {
//     FetchToken(*credentials.token_exchange());
//   }
//
// Implementations are immutable and thread-safe.
class Credentials {
 public:
  virtual ~Credentials() = default;

  // The value of the Authorization header, the same for every request.
  virtual const Secret* authorization() const { return nullptr; }

  // A token has to be fetched first.
  virtual const TokenExchange* token_exchange() const { return nullptr; }
};

// User and password, as "Basic " and base64 of "user:password".
class BasicCredentials final : public Credentials {
 public:
  // A colon in `user` would move into the password (RFC 7617): the
  // configuration refuses it.
  BasicCredentials(std::string_view user, const Secret& password);

  const Secret* authorization() const override { return &authorization_; }

 private:
  Secret authorization_;
};

// Klarna's and Kustom's API keys: the key itself after "Basic ", not base64.
class ApiKeyCredentials final : public Credentials {
 public:
  explicit ApiKeyCredentials(const Secret& key);

  const Secret* authorization() const override { return &authorization_; }

 private:
  Secret authorization_;
};

}  // namespace klarna::auth

// SPDX-License-Identifier: Apache-2.0
#include "service/auth/oauth2.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/auth/oauth2.pb.h"
#include "service/auth/token_answer.h"
#include "service/json/json_to_wire.h"
#include "service/json/schema.h"

namespace klarna::auth {
namespace {

constexpr TokenServer kServer = {
    "the OAuth2 token server",
    "the account's token_url, client_id, client_secret and scope"};

// RFC 6749 leaves expires_in out where the lifetime is told otherwise.
constexpr absl::Duration kDefaultLifetime = absl::Minutes(5);
// Renewed so much before its end, or at nine tenths of a short life: no call is
// made with a token that ends on its way.
constexpr absl::Duration kMargin = absl::Seconds(60);

// application/x-www-form-urlencoded, which RFC 6749 asks for in both places.
std::string FormEncode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                       c == '_' || c == '*';
    if (plain) {
      out += c;
    } else {
      absl::StrAppend(
          &out, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return out;
}

Secret ClientAuthorization(std::string_view client_id,
                           const Secret& client_secret) {
  std::string encoded = FormEncode(client_secret.Reveal());
  std::string pair = absl::StrCat(FormEncode(client_id), ":", encoded);
  std::string header = absl::StrCat("Basic ", absl::Base64Escape(pair));
  Secret::Take(encoded);
  Secret::Take(pair);
  return Secret::Take(header);
}

absl::Duration LifetimeOf(const OAuth2Answer& answer) {
  if (!answer.has_expires_in()) return kDefaultLifetime;
  const absl::Duration lifetime =
      absl::Seconds(std::clamp<int64_t>(answer.expires_in(), 0, 86400));
  return lifetime - std::min(kMargin, lifetime / 10);
}

}  // namespace

OAuth2Credentials::OAuth2Credentials(std::string token_url,
                                     std::string_view client_id,
                                     const Secret& client_secret,
                                     std::string_view scope)
    : token_url_(std::move(token_url)),
      authorization_(ClientAuthorization(client_id, client_secret)),
      body_(scope.empty()
                ? "grant_type=client_credentials"
                : "grant_type=client_credentials&scope=" + FormEncode(scope)),
      schema_(json::Schema::Compile({OAuth2Answer::descriptor()}).value()) {}

OAuth2Credentials::~OAuth2Credentials() = default;

TokenRequest OAuth2Credentials::MakeRequest(runtime::Random&) const {
  return {.url = token_url_,
          .content_type = "application/x-www-form-urlencoded",
          .accept = "application/json",
          .authorization = authorization_,
          .body = Secret(body_)};
}

absl::StatusOr<Token> OAuth2Credentials::ReadAnswer(
    int http_status, std::string_view body) const {
  if (absl::Status status = CheckTokenStatus(kServer, http_status);
      !status.ok()) {
    return status;
  }
  json::DecodedMessage decoded;
  OAuth2Answer answer;
  if (body.size() > kMaxTokenAnswer ||
      !json::DecodeMessage(body, *schema_->Find(OAuth2Answer::descriptor()),
                           decoded)
           .ok() ||
      !answer.ParseFromString(decoded.wire)) {
    return BadTokenAnswer(kServer, "is not a short JSON object");
  }
  if (answer.has_token_type() &&
      !absl::EqualsIgnoreCase(answer.token_type(), "bearer")) {
    return BadTokenAnswer(kServer, "has a token_type other than Bearer");
  }
  absl::StatusOr<Secret> bearer =
      BearerOf(kServer, *answer.mutable_access_token());
  if (!bearer.ok()) return bearer.status();
  return Token{.authorization = *std::move(bearer),
               .lifetime = LifetimeOf(answer)};
}

}  // namespace klarna::auth

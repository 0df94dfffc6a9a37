// SPDX-License-Identifier: Apache-2.0
#include "service/auth/shipping_digest.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/auth/digest.h"
#include "service/auth/shipping_auth.pb.h"
#include "service/auth/token_answer.h"
#include "service/json/json_to_wire.h"
#include "service/json/schema.h"
#include "service/json/wire_to_json.h"

namespace klarna::auth {
namespace {

constexpr char kPath[] = "/auth";
// Spelled so by Klarna: vdn, not vnd.
constexpr char kMediaType[] = "application/vdn.klarna.shipping.auth-v1+json";
constexpr size_t kNonceBytes = 16;
constexpr TokenServer kServer = {
    "the shipping integrator",
    "the account's base_uri, identifier and key for "
    "shipping_service_callback"};

}  // namespace

std::string ShippingDigest(std::string_view nonce, const Secret& key) {
  std::string input(nonce);
  input += key.Reveal();
  const Secret wiped = Secret::Take(input);
  return HexLower(Sha256(wiped.Reveal()));
}

ShippingDigestCredentials::ShippingDigestCredentials(std::string identifier,
                                                     Secret key)
    : identifier_(std::move(identifier)),
      key_(std::move(key)),
      schema_(json::Schema::Compile({ShippingAuthRequest::descriptor(),
                                     ShippingAuthAnswer::descriptor()})
                  .value()) {}

ShippingDigestCredentials::~ShippingDigestCredentials() = default;

TokenRequest ShippingDigestCredentials::MakeRequest(
    runtime::Random& random) const {
  const std::string nonce = HexLower(random.Bytes(kNonceBytes));
  ShippingAuthRequest request;
  request.set_identifier(identifier_);
  request.mutable_secret()->set_nonce(nonce);
  request.mutable_secret()->set_digest(ShippingDigest(nonce, key_));
  std::string body;
  // Cannot fail: the identifier was checked, the rest is hexadecimal.
  json::Encode(request.SerializeAsString(),
               *schema_->Find(ShippingAuthRequest::descriptor()), {}, body)
      .IgnoreError();
  return {.url = kPath,
          .content_type = kMediaType,
          .accept = absl::StrCat(kMediaType, ", application/json"),
          .body = Secret::Take(body)};
}

absl::StatusOr<Token> ShippingDigestCredentials::ReadAnswer(
    int http_status, std::string_view body) const {
  if (absl::Status status = CheckTokenStatus(kServer, http_status);
      !status.ok()) {
    return status;
  }
  json::DecodedMessage decoded;
  ShippingAuthAnswer answer;
  if (body.size() > kMaxTokenAnswer ||
      !json::DecodeMessage(
           body, *schema_->Find(ShippingAuthAnswer::descriptor()), decoded)
           .ok() ||
      !answer.ParseFromString(decoded.wire)) {
    return BadTokenAnswer(kServer, "is not a short JSON object");
  }
  absl::StatusOr<Secret> bearer = BearerOf(kServer, *answer.mutable_token());
  if (!bearer.ok()) return bearer.status();
  return Token{.authorization = *std::move(bearer)};
}

}  // namespace klarna::auth

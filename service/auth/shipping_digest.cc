// SPDX-License-Identifier: Apache-2.0
#include "service/auth/shipping_digest.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/auth/digest.h"
#include "service/auth/shipping_auth.pb.h"
#include "service/json/json_to_wire.h"
#include "service/json/schema.h"
#include "service/json/wire_to_json.h"

namespace klarna::auth {
namespace {

constexpr char kPath[] = "/auth";
// Spelled so by Klarna: vdn, not vnd.
constexpr char kMediaType[] = "application/vdn.klarna.shipping.auth-v1+json";
constexpr size_t kNonceBytes = 16;
constexpr size_t kMaxAnswerBytes = size_t{64} << 10;
// Klarna takes headers of 6 KB; servers commonly of 8.
constexpr size_t kMaxTokenBytes = size_t{6} << 10;

// Whether the token can stand in a header as it is.
bool IsHeaderSafe(std::string_view token) {
  return std::all_of(token.begin(), token.end(),
                     [](char c) { return c > ' ' && c < 0x7F; });
}

bool IsSuccess(int http_status) {
  return http_status >= 200 && http_status < 300 && http_status != 205 &&
         http_status != 206;
}

bool IsRejection(int http_status) {
  return http_status >= 400 && http_status < 500 && http_status != 408 &&
         http_status != 429;
}

absl::Status Failure(int http_status) {
  if (IsRejection(http_status)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the shipping integrator refused ", kPath, " with HTTP ", http_status,
        "; check the account's base_uri, identifier and key for "
        "shipping_service_callback"));
  }
  return absl::UnavailableError(
      absl::StrCat("the shipping integrator answered ", kPath, " with HTTP ",
                   http_status, " instead of 201 and a token"));
}

absl::Status BadAnswer(absl::string_view what) {
  return absl::InternalError(
      absl::StrCat("the shipping integrator's answer to ", kPath, " ", what));
}

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
  return {.path = kPath,
          .content_type = kMediaType,
          .accept = absl::StrCat(kMediaType, ", application/json"),
          .body = Secret::Take(body)};
}

absl::StatusOr<Token> ShippingDigestCredentials::ReadAnswer(
    int http_status, std::string_view body) const {
  if (!IsSuccess(http_status)) return Failure(http_status);
  if (body.size() > kMaxAnswerBytes) return BadAnswer("is too long");
  json::DecodedMessage decoded;
  ShippingAuthAnswer answer;
  if (!json::DecodeMessage(
           body, *schema_->Find(ShippingAuthAnswer::descriptor()), decoded)
           .ok() ||
      !answer.ParseFromString(decoded.wire)) {
    return BadAnswer("is not a JSON object");
  }
  if (answer.token().empty()) return BadAnswer("has no token");
  if (answer.token().size() > kMaxTokenBytes || !IsHeaderSafe(answer.token())) {
    return BadAnswer("has a token that no header can carry");
  }
  std::string authorization = "Bearer " + answer.token();
  Secret::Take(*answer.mutable_token());
  return Token{.authorization = Secret::Take(authorization)};
}

}  // namespace klarna::auth

// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/resume_token.h"

#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/auth/digest.h"
#include "service/json/wire.h"
#include "service/rest/status_details.h"

namespace klarna::gateway {
namespace {

constexpr char kVersion = 2;
constexpr size_t kSignatureBytes = 16;
constexpr size_t kFingerprintBytes = 16;
constexpr size_t kMaxTokenBytes = 1024;

std::string Signature(const auth::Secret& secret, std::string_view payload) {
  return auth::HmacSha256(secret.Reveal(), payload).substr(0, kSignatureBytes);
}

std::string Fingerprint(std::string_view list) {
  return auth::Sha256(list).substr(0, kFingerprintBytes);
}

absl::Status Refuse(absl::string_view why) {
  return rest::InvalidField(
      "paging.resume_token",
      absl::StrCat(why,
                   "; start the stream without a resume_token, or use the "
                   "one of the last batch unchanged"));
}

// Version, fingerprint, then varints: expiry, offset, skip, delivered, first
// total + 1; the rest is the cursor.
std::string Pack(const Position& position, int64_t expiry,
                 std::string_view list) {
  std::string payload(1, kVersion);
  payload += Fingerprint(list);
  for (int64_t number : {expiry, position.offset, position.skip,
                         position.delivered, position.first_total + 1}) {
    json::AppendVarint(static_cast<uint64_t>(number), payload);
  }
  payload += position.cursor;
  return payload;
}

}  // namespace

std::string ResumeTokens::Make(const Position& position,
                               std::string_view list) const {
  const int64_t expiry = absl::ToUnixSeconds(clock_.WallNow() + lifetime_);
  const std::string payload = Pack(position, expiry, list);
  return absl::WebSafeBase64Escape(Signature(secrets_.front(), payload) +
                                   payload);
}

absl::StatusOr<Position> ResumeTokens::Read(std::string_view token,
                                            std::string_view list) const {
  std::string bytes;
  if (token.size() > kMaxTokenBytes ||
      !absl::WebSafeBase64Unescape({token.data(), token.size()}, &bytes) ||
      // The decoder overlooks white space and stray bits at the end.
      absl::WebSafeBase64Escape(bytes) != token ||
      bytes.size() <= kSignatureBytes + 1 + kFingerprintBytes) {
    return Refuse("was altered or truncated");
  }
  const std::string_view all = bytes;
  const std::string_view signature = all.substr(0, kSignatureBytes);
  const std::string_view payload = all.substr(kSignatureBytes);
  bool genuine = false;
  for (const auth::Secret& secret : secrets_) {
    genuine |= auth::ConstantTimeEquals(signature, Signature(secret, payload));
  }
  if (!genuine) {
    return Refuse(
        "was altered, or signed with a secret that is not configured");
  }
  if (payload[0] != kVersion) return Refuse("is of another version");
  if (payload.substr(1, kFingerprintBytes) != Fingerprint(list)) {
    return Refuse("belongs to another account, operation or filter");
  }
  const char* p = payload.data() + 1 + kFingerprintBytes;
  const char* end = payload.data() + payload.size();
  uint64_t numbers[5];
  for (uint64_t& number : numbers) {
    p = json::ReadVarint(p, end, number);
    if (p == nullptr || number > INT64_MAX) return Refuse("is malformed");
  }
  if (absl::FromUnixSeconds(static_cast<int64_t>(numbers[0])) <=
      clock_.WallNow()) {
    return Refuse("has expired");
  }
  Position position;
  position.offset = static_cast<int64_t>(numbers[1]);
  position.skip = static_cast<int64_t>(numbers[2]);
  position.delivered = static_cast<int64_t>(numbers[3]);
  position.first_total = static_cast<int64_t>(numbers[4]) - 1;
  position.cursor.assign(p, end);
  return position;
}

}  // namespace klarna::gateway

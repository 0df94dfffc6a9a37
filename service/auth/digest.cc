// SPDX-License-Identifier: Apache-2.0
#include "service/auth/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"

namespace klarna::auth {
namespace {

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

std::string Sha1(std::string_view data) {
  std::string digest(SHA_DIGEST_LENGTH, '\0');
  SHA1(Bytes(data), data.size(), Bytes(digest));
  return digest;
}

std::string Sha256(std::string_view data) {
  std::string digest(kSha256Size, '\0');
  SHA256(Bytes(data), data.size(), Bytes(digest));
  return digest;
}

std::string HmacSha256(std::string_view key, std::string_view data) {
  // HMAC takes a null key for "the key of the last call".
  if (key.data() == nullptr) key = "";
  std::string digest(kSha256Size, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(data),
       data.size(), Bytes(digest), nullptr);
  return digest;
}

bool ConstantTimeEquals(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string HexLower(std::string_view bytes) {
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

}  // namespace klarna::auth

// SPDX-License-Identifier: Apache-2.0
#include "service/auth/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

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

// `algorithm` is fetched once for the life of the process: looking it up costs
// more than hashing a request does.
std::string Digest(const EVP_MD* algorithm, std::string_view data) {
  std::string digest(static_cast<size_t>(EVP_MD_get_size(algorithm)), '\0');
  EVP_Digest(data.data(), data.size(), Bytes(digest), nullptr, algorithm,
             nullptr);
  return digest;
}

}  // namespace

std::string Sha1(std::string_view data) {
  static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  return Digest(sha1, data);
}

std::string Sha256(std::string_view data) {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return Digest(sha256, data);
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

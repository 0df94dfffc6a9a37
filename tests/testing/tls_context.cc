// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/tls_context.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstdio>
#include <cstdlib>

namespace klarna::testing {
namespace {

void Require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "TLS context: %s\n", what);
  std::abort();
}

}  // namespace

std::shared_ptr<void> MakeTlsContext(const TestCertificate& certificate) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  BIO* pem = BIO_new_mem_buf(certificate.certificate.data(), -1);
  X509* x509 = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr);
  BIO_free(pem);
  pem = BIO_new_mem_buf(certificate.private_key.data(), -1);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(pem, nullptr, nullptr, nullptr);
  BIO_free(pem);
  Require(SSL_CTX_use_certificate(context, x509) == 1, "certificate");
  Require(SSL_CTX_use_PrivateKey(context, key) == 1, "private key");
  X509_free(x509);
  EVP_PKEY_free(key);
  return std::shared_ptr<void>(
      context, [](void* c) { SSL_CTX_free(static_cast<SSL_CTX*>(c)); });
}

}  // namespace klarna::testing

// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/test_certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

namespace klarna::testing {
namespace {

constexpr long kLifetimeSeconds = 24 * 60 * 60;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Memory = std::unique_ptr<BIO, Deleter<BIO_free>>;

void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::string Contents(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_ctrl(memory, BIO_CTRL_INFO, 0, &data);
  return std::string(data, static_cast<size_t>(size));
}

}  // namespace

TestCertificate MakeTestCertificate(const std::string& names) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate x509(X509_new());
  X509_set_version(x509.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509.get()), -kLifetimeSeconds);
  X509_gmtime_adj(X509_getm_notAfter(x509.get()), kLifetimeSeconds);
  X509_set_pubkey(x509.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(x509.get());
  X509_NAME_add_entry_by_txt(
      subject, "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>("test certificate"), -1, -1, 0);
  X509_set_issuer_name(x509.get(), subject);
  AddExtension(x509.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(x509.get(), NID_subject_alt_name, names);
  X509_sign(x509.get(), key.get(), EVP_sha256());

  const Memory certificate(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificate.get(), x509.get());
  const Memory private_key(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(private_key.get(), key.get(), nullptr, nullptr, 0,
                           nullptr, nullptr);
  return {Contents(certificate.get()), Contents(private_key.get())};
}

}  // namespace klarna::testing

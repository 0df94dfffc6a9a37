// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace klarna::testing {

// A self-signed certificate and its key, both PEM. As it is its own issuer, it
// is also the CA file that trusts it.
struct TestCertificate {
  std::string certificate;
  std::string private_key;
};

// `names` is in OpenSSL's syntax: "DNS:api.example,IP:127.0.0.1".
TestCertificate MakeTestCertificate(const std::string& names);

}  // namespace klarna::testing

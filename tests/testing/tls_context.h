// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "tests/testing/test_certificate.h"

namespace klarna::testing {

// The SSL_CTX of a server that shows this certificate.
std::shared_ptr<void> MakeTlsContext(const TestCertificate& certificate);

}  // namespace klarna::testing

// SPDX-License-Identifier: Apache-2.0
#include "service/auth/credentials.h"

#include <gtest/gtest.h>

namespace klarna::auth {
namespace {

TEST(CredentialsTest, BasicIsBase64OfUserAndPassword) {
  // RFC 7617, section 2.
  const BasicCredentials credentials("Aladdin", Secret("open sesame"));
  ASSERT_NE(credentials.authorization(), nullptr);
  EXPECT_EQ(credentials.authorization()->Reveal(),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(credentials.token_exchange(), nullptr);
}

TEST(CredentialsTest, BasicPasswordMayHoldColons) {
  const BasicCredentials credentials("a", Secret("b:c"));
  EXPECT_EQ(credentials.authorization()->Reveal(), "Basic YTpiOmM=");
}

TEST(CredentialsTest, ApiKeyIsSentAsItIs) {
  const ApiKeyCredentials credentials(Secret("klarna_test_api_abc="));
  ASSERT_NE(credentials.authorization(), nullptr);
  EXPECT_EQ(credentials.authorization()->Reveal(),
            "Basic klarna_test_api_abc=");
  EXPECT_EQ(credentials.token_exchange(), nullptr);
}

}  // namespace
}  // namespace klarna::auth

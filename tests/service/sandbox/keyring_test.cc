// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/keyring.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/service/sandbox/world.h"

namespace klarna::sandbox {
namespace {

constexpr char kClient[] = "Basic c2FuZGJveDpzYW5kYm94";  // sandbox:sandbox
constexpr char kGrant[] = "grant_type=client_credentials";

class KeyringTest : public ::testing::Test {
 protected:
  int StatusWith(const std::string& authorization) {
    return world_
        .Get("/settlements/v1/payouts", {{"Authorization", authorization}})
        .status;
  }

  Answer AskForToken(const std::string& authorization,
                     const std::string& body) {
    return world_.klarna.Handle({.method = "POST",
                                 .path = Keyring::kTokenPath,
                                 .query = "",
                                 .headers = {{"Authorization", authorization}},
                                 .body = body});
  }

  World world_;
};

TEST_F(KeyringTest, AnOAuth2ClientGetsABearerToken) {
  const Answer answer = AskForToken(kClient, kGrant);
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(JsonOf(answer)["expires_in"], 3600);
  const std::string token = JsonOf(answer)["access_token"];
  EXPECT_EQ(StatusWith("Bearer " + token), 200);
  EXPECT_EQ(StatusWith("Bearer " + token + "x"), 401);
}

TEST_F(KeyringTest, RefusesOtherClientsAndGrants) {
  EXPECT_EQ(AskForToken("Basic c2FuZGJveDp3cm9uZw==", kGrant).status, 401);
  EXPECT_EQ(AskForToken("", kGrant).status, 401);
  EXPECT_EQ(AskForToken(kClient, "grant_type=password").status, 400);
}

TEST_F(KeyringTest, SeveralKeysAreGoodWhileTheyAreRotated) {
  world_.klarna.keyring().SetApiKeys({"old", "new"});
  EXPECT_EQ(StatusWith("Basic old"), 200);
  EXPECT_EQ(StatusWith("Basic new"), 200);
  EXPECT_EQ(StatusWith("Basic klarna_test_api_sandbox"), 401);
  EXPECT_EQ(StatusWith(kClient), 200) << "passwords are left as they were";
}

TEST_F(KeyringTest, TokensEndWithTheirPassword) {
  const std::string token =
      JsonOf(AskForToken(kClient, kGrant))["access_token"];
  world_.klarna.keyring().SetPasswords({"other"});
  EXPECT_EQ(StatusWith("Bearer " + token), 401);
  EXPECT_EQ(StatusWith(kClient), 401);
}

}  // namespace
}  // namespace klarna::sandbox

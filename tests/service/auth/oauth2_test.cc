// SPDX-License-Identifier: Apache-2.0
#include "service/auth/oauth2.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"

namespace klarna::auth {
namespace {

constexpr char kUrl[] = "https://login.example/oauth2/token";

class NoRandom final : public runtime::Random {
 public:
  uint64_t Next() override { return 0; }
};

TokenRequest RequestOf(const OAuth2Credentials& credentials) {
  NoRandom random;
  return credentials.token_exchange()->MakeRequest(random);
}

TEST(OAuth2Test, AsksWithIdAndSecretAsBasic) {
  const TokenRequest request =
      RequestOf({kUrl, "shop", Secret("s3cret"), "disputes read"});
  EXPECT_EQ(request.url, kUrl);
  EXPECT_EQ(request.content_type, "application/x-www-form-urlencoded");
  EXPECT_EQ(request.authorization.Reveal(), "Basic c2hvcDpzM2NyZXQ=");
  EXPECT_EQ(request.body.Reveal(),
            "grant_type=client_credentials&scope=disputes%20read");
}

TEST(OAuth2Test, EncodesIdAndSecretFirst) {
  // "a%3ab:c%2bd"
  EXPECT_EQ(RequestOf({kUrl, "a:b", Secret("c+d"), ""}).authorization.Reveal(),
            "Basic YSUzYWI6YyUyYmQ=");
  EXPECT_EQ(RequestOf({kUrl, "a:b", Secret("c+d"), ""}).body.Reveal(),
            "grant_type=client_credentials");
}

absl::StatusOr<Token> Read(int http_status, std::string_view body) {
  const OAuth2Credentials credentials(kUrl, "shop", Secret("key"), "");
  return credentials.token_exchange()->ReadAnswer(http_status, body);
}

TEST(OAuth2Test, ReadsTheTokenAndEndsItEarly) {
  struct Case {
    const char* body;
    absl::Duration lifetime;
  };
  const Case cases[] = {
      {R"({"access_token":"t.1","token_type":"Bearer","expires_in":3600})",
       absl::Seconds(3540)},
      {R"({"token_type":"bearer","access_token":"t.1","expires_in":100})",
       absl::Seconds(90)},
      {R"({"access_token":"t.1","scope":"x"})", absl::Minutes(5)},
      {R"({"access_token":"t.1","expires_in":-1})", absl::ZeroDuration()},
      {R"({"access_token":"t.1","expires_in":9000000000})",
       absl::Seconds(86340)},
  };
  for (const Case& each : cases) {
    const absl::StatusOr<Token> token = Read(200, each.body);
    ASSERT_TRUE(token.ok()) << token.status();
    EXPECT_EQ(token->authorization.Reveal(), "Bearer t.1");
    EXPECT_EQ(token->lifetime, each.lifetime) << each.body;
  }
}

TEST(OAuth2Test, RefusesEveryOtherAnswerWithoutQuotingIt) {
  struct Case {
    int http_status;
    std::string body;
    absl::StatusCode code;
  };
  const Case cases[] = {
      {400, R"({"error":"CANARY"})", absl::StatusCode::kFailedPrecondition},
      {401, R"({"error":"CANARY"})", absl::StatusCode::kFailedPrecondition},
      {429, "CANARY", absl::StatusCode::kUnavailable},
      {503, "CANARY", absl::StatusCode::kUnavailable},
      {302, "CANARY", absl::StatusCode::kUnavailable},
      {200, "<html>CANARY", absl::StatusCode::kInternal},
      {200, R"({"access_token":"CANARY","token_type":"mac"})",
       absl::StatusCode::kInternal},
      {200, R"({"access_token":"CANARY\r\nX: y"})",
       absl::StatusCode::kInternal},
      {200, R"({"access_token":null})", absl::StatusCode::kInternal},
      {200, R"({"access_token":"CANARY"})" + std::string(1 << 16, ' '),
       absl::StatusCode::kInternal},
      {200, "", absl::StatusCode::kInternal},
  };
  for (const Case& each : cases) {
    const absl::StatusOr<Token> token = Read(each.http_status, each.body);
    EXPECT_EQ(token.status().code(), each.code) << each.body;
    EXPECT_FALSE(absl::StrContains(token.status().message(), "CANARY"));
  }
}

}  // namespace
}  // namespace klarna::auth

// SPDX-License-Identifier: Apache-2.0
#include "service/auth/shipping_digest.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "service/auth/digest.h"

namespace klarna::auth {
namespace {

constexpr char kCanary[] = "CANARY-4f1c";

// Counts upwards, so that every nonce differs.
class CountingRandom final : public runtime::Random {
 public:
  uint64_t Next() override { return ++count_; }

 private:
  uint64_t count_ = 0;
};

TEST(ShippingDigestTest, MatchesTheCheckVector) {
  EXPECT_EQ(ShippingDigest("lRFUpqW7Xd", Secret("smOOOth")),
            "8c3891b3162db3ab61a9b2da74e6a479553aba897894e5236ed290c11a0b832b");
}

TEST(ShippingDigestTest, NeedsATokenFirst) {
  const ShippingDigestCredentials credentials("shop", Secret("key"));
  EXPECT_EQ(credentials.authorization(), nullptr);
  EXPECT_NE(credentials.token_exchange(), nullptr);
}

// The text between two marks in a body.
std::string Between(std::string_view body, std::string_view before) {
  const size_t begin = body.find(before) + before.size();
  return std::string(body.substr(begin, body.find('"', begin) - begin));
}

TEST(ShippingDigestTest, AsksWithIdentifierNonceAndDigest) {
  const ShippingDigestCredentials credentials("sweMerch123", Secret("key"));
  CountingRandom random;
  const TokenRequest request =
      credentials.token_exchange()->MakeRequest(random);
  EXPECT_EQ(request.url, "/auth");
  EXPECT_EQ(request.content_type,
            "application/vdn.klarna.shipping.auth-v1+json");
  const std::string body(request.body.Reveal());
  const std::string nonce = Between(body, "\"nonce\":\"");
  EXPECT_EQ(nonce.size(), 32u);
  EXPECT_EQ(body, "{\"identifier\":\"sweMerch123\",\"secret\":{\"nonce\":\"" +
                      nonce + "\",\"digest\":\"" +
                      HexLower(Sha256(nonce + "key")) + "\"}}");
}

TEST(ShippingDigestTest, EscapesTheIdentifier) {
  const ShippingDigestCredentials credentials("a\"b\\", Secret("key"));
  CountingRandom random;
  const TokenRequest request =
      credentials.token_exchange()->MakeRequest(random);
  EXPECT_TRUE(absl::StartsWith(std::string(request.body.Reveal()),
                               R"({"identifier":"a\"b\\",)"));
}

TEST(ShippingDigestTest, UsesANonceOnce) {
  const ShippingDigestCredentials credentials("shop", Secret("key"));
  CountingRandom random;
  const TokenRequest first = credentials.token_exchange()->MakeRequest(random);
  const TokenRequest second = credentials.token_exchange()->MakeRequest(random);
  EXPECT_NE(first.body.Reveal(), second.body.Reveal());
}

struct AnswerCase {
  const char* what;
  int http_status;
  std::string body;
  absl::StatusCode code;
};

absl::StatusOr<Token> Read(int http_status, std::string_view body) {
  const ShippingDigestCredentials credentials("shop", Secret("key"));
  return credentials.token_exchange()->ReadAnswer(http_status, body);
}

TEST(ShippingDigestTest, ReadsTheToken) {
  const std::string bodies[] = {
      R"({"token":"eyJ.abc.def"})",
      " { \"expires\" : 3600, \"token\" : \"eyJ.abc.def\" } \n",
      R"({"token":"eyJ\u002eabc.def","more":{"token":"other"}})",
  };
  for (const std::string& body : bodies) {
    for (int http_status : {200, 201}) {
      const absl::StatusOr<Token> token = Read(http_status, body);
      ASSERT_TRUE(token.ok()) << token.status();
      EXPECT_EQ(token->authorization.Reveal(), "Bearer eyJ.abc.def");
      EXPECT_EQ(token->lifetime, absl::InfiniteDuration());
    }
  }
}

TEST(ShippingDigestTest, RefusesEveryOtherAnswerWithoutQuotingIt) {
  const std::string token = std::string(R"({"token":")") + kCanary + "\"}";
  const std::string too_long(65536, 'x');
  const AnswerCase cases[] = {
      {"Malformed", 400, token, absl::StatusCode::kFailedPrecondition},
      {"Rejected", 401, "", absl::StatusCode::kFailedPrecondition},
      {"WrongPath", 404, token, absl::StatusCode::kFailedPrecondition},
      {"TooEarly", 408, token, absl::StatusCode::kUnavailable},
      {"RateLimited", 429, token, absl::StatusCode::kUnavailable},
      {"ServerError", 500, token, absl::StatusCode::kUnavailable},
      {"Redirect", 302, token, absl::StatusCode::kUnavailable},
      {"NoContentToShow", 205, token, absl::StatusCode::kUnavailable},
      {"Partial", 206, token, absl::StatusCode::kUnavailable},
      {"Empty", 201, "", absl::StatusCode::kInternal},
      {"Html", 201, std::string("<html>") + kCanary,
       absl::StatusCode::kInternal},
      {"Array", 201, R"(["CANARY-4f1c"])", absl::StatusCode::kInternal},
      {"NoToken", 201, R"({"id":"CANARY-4f1c"})", absl::StatusCode::kInternal},
      {"NullToken", 201, R"({"token":null})", absl::StatusCode::kInternal},
      {"NumberToken", 201, R"({"token":17})", absl::StatusCode::kInternal},
      {"EmptyToken", 201, R"({"token":""})", absl::StatusCode::kInternal},
      {"TwoTokens", 201, R"({"token":"a","token":"CANARY-4f1c"})",
       absl::StatusCode::kInternal},
      {"HeaderInjection", 201, R"({"token":"a\r\nX: CANARY-4f1c"})",
       absl::StatusCode::kInternal},
      {"Space", 201, R"({"token":"a CANARY-4f1c"})",
       absl::StatusCode::kInternal},
      {"NotAscii", 201, R"({"token":"\u00e9CANARY-4f1c"})",
       absl::StatusCode::kInternal},
      {"LongToken", 201, R"({"token":")" + too_long.substr(0, 6145) + "\"}",
       absl::StatusCode::kInternal},
      {"LongBody", 201, token + std::string(65536, ' '),
       absl::StatusCode::kInternal},
      {"Cut", 201, token.substr(0, token.size() - 1),
       absl::StatusCode::kInternal},
  };
  for (const AnswerCase& each : cases) {
    const absl::StatusOr<Token> answer = Read(each.http_status, each.body);
    EXPECT_EQ(answer.status().code(), each.code) << each.what;
    EXPECT_FALSE(absl::StrContains(answer.status().message(), kCanary))
        << each.what;
  }
}

TEST(ShippingDigestTest, RefusesAnAnswerCutAnywhere) {
  const std::string body = R"({"expires":3600,"token":"eyJ.abc.def"})";
  for (size_t size = 0; size < body.size(); ++size) {
    EXPECT_FALSE(Read(201, body.substr(0, size)).ok()) << size;
  }
}

}  // namespace
}  // namespace klarna::auth

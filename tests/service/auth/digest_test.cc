// SPDX-License-Identifier: Apache-2.0
#include "service/auth/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace klarna::auth {
namespace {

TEST(DigestTest, Sha256MatchesPublishedVectors) {
  // FIPS 180-4 examples.
  EXPECT_EQ(HexLower(Sha256("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexLower(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexLower(Sha256(std::string(1000000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

struct HmacCase {
  std::string key;
  std::string data;
  const char* digest;
};

TEST(DigestTest, HmacSha256MatchesPublishedVectors) {
  const HmacCase cases[] = {
      // RFC 4231, cases 1, 2 and 6.
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(131, '\xaa'),
       "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {"", "",
       "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
  };
  for (const HmacCase& each : cases) {
    EXPECT_EQ(HexLower(HmacSha256(each.key, each.data)), each.digest);
  }
}

TEST(DigestTest, HmacTakesANullKeyForAnEmptyOne) {
  HmacSha256("another key", "data");
  EXPECT_EQ(HmacSha256(std::string_view(), "data"), HmacSha256("", "data"));
}

TEST(DigestTest, ConstantTimeEqualsComparesAllBytes) {
  EXPECT_TRUE(ConstantTimeEquals("", ""));
  EXPECT_TRUE(ConstantTimeEquals("same", "same"));
  EXPECT_FALSE(ConstantTimeEquals("same", "sama"));
  EXPECT_FALSE(ConstantTimeEquals("same", "tame"));
  EXPECT_FALSE(ConstantTimeEquals("same", "same "));
  EXPECT_FALSE(ConstantTimeEquals(std::string_view("a\0b", 3),
                                  std::string_view("a\0c", 3)));
}

TEST(DigestTest, HexLowerWritesTwoDigitsAByte) {
  EXPECT_EQ(HexLower(""), "");
  EXPECT_EQ(HexLower(std::string_view("\x00\x01\xab\xff", 4)), "0001abff");
}

}  // namespace
}  // namespace klarna::auth

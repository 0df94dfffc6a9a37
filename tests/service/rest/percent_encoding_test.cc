// SPDX-License-Identifier: Apache-2.0
#include "service/rest/percent_encoding.h"

#include <gtest/gtest.h>

#include <string>

namespace klarna::rest {
namespace {

std::string Encode(absl::string_view text) {
  std::string out;
  AppendPercentEncoded(text, out);
  return out;
}

TEST(PercentEncodingTest, LeavesUnreservedCharactersAlone) {
  const std::string unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  EXPECT_EQ(Encode(unreserved), unreserved);
}

TEST(PercentEncodingTest, EncodesEveryOtherByteAsTwoCapitalHexDigits) {
  const std::string unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  int encoded = 0;
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    if (unreserved.find(text) != std::string::npos) continue;
    char expected[4];
    snprintf(expected, sizeof(expected), "%%%02X", byte);
    EXPECT_EQ(Encode(text), expected);
    ++encoded;
  }
  EXPECT_EQ(encoded, 256 - 66);
}

TEST(PercentEncodingTest, Appends) {
  std::string out = "/orders/";
  AppendPercentEncoded("krn:1/\xC3\xA4", out);
  EXPECT_EQ(out, "/orders/krn%3A1%2F%C3%A4");
}

}  // namespace
}  // namespace klarna::rest

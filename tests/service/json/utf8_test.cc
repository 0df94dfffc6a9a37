// SPDX-License-Identifier: Apache-2.0
#include "service/json/utf8.h"

#include <string>

#include "gtest/gtest.h"
#include "simdjson.h"

namespace klarna::json {
namespace {

// Every sequence of up to three bytes, and four-byte ones at all borders, give
// the same verdict as simdjson.
TEST(Utf8Test, AgreesWithAnotherValidatorOnAllShortSequences) {
  const auto check = [](const std::string& text) {
    ASSERT_EQ(IsUtf8(text), simdjson::validate_utf8(text))
        << ::testing::PrintToString(text);
  };
  std::string text(3, '\0');
  for (int a = 0; a < 256; ++a) {
    check(std::string(1, static_cast<char>(a)));
    for (int b = 0; b < 256; ++b) {
      text[0] = static_cast<char>(a);
      text[1] = static_cast<char>(b);
      check(text.substr(0, 2));
      if (a < 0xc0) continue;
      for (int c = 0x7f; c < 0xc2; ++c) {
        text[2] = static_cast<char>(c);
        check(text);
      }
    }
  }
}

TEST(Utf8Test, AgreesWithAnotherValidatorOnFourBytes) {
  std::string text(4, '\0');
  for (int a = 0xef; a < 0x100; ++a) {
    for (int b = 0x7e; b < 0xc2; ++b) {
      for (int c : {0x41, 0x7f, 0x80, 0xbf, 0xc0}) {
        for (int d : {0x41, 0x7f, 0x80, 0xbf, 0xc0}) {
          text = {static_cast<char>(a), static_cast<char>(b),
                  static_cast<char>(c), static_cast<char>(d)};
          ASSERT_EQ(IsUtf8(text), simdjson::validate_utf8(text))
              << ::testing::PrintToString(text);
        }
      }
    }
  }
}

TEST(Utf8Test, FindsTheFirstBadByteWhereverItStands) {
  for (size_t size = 0; size < 200; ++size) {
    for (const char* bad : {"\x80", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f"}) {
      const std::string text = std::string(size, 'a') + bad;
      ASSERT_EQ(ValidUtf8Prefix(text), size);
    }
    const std::string good = std::string(size, 'a') + "\xe2\x82\xac";
    ASSERT_EQ(ValidUtf8Prefix(good), size + 3);
  }
}

}  // namespace
}  // namespace klarna::json

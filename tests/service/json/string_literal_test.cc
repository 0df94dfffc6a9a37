// SPDX-License-Identifier: Apache-2.0
#include "service/json/string_literal.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace klarna::json {
namespace {

std::optional<std::string> Unescaped(std::string_view body) {
  std::string value(body.size(), '\0');
  char* const end = Unescape(body, value.data());
  if (end == nullptr) return std::nullopt;
  value.resize(static_cast<size_t>(end - value.data()));
  return value;
}

TEST(StringLiteralTest, ResolvesEscapes) {
  struct Case {
    std::string_view body;
    std::string value;
  };
  const Case cases[] = {
      {"", ""},
      {"plain", "plain"},
      {R"(\"\\\/\b\f\n\r\t)", "\"\\/\b\f\n\r\t"},
      {R"(a\u0041z)", "aAz"},
      {R"(\u0000)", std::string(1, '\0')},
      {R"(\u007f\u0080)", "\x7f\xc2\x80"},
      {R"(\u07ff\u0800)", "\xdf\xbf\xe0\xa0\x80"},
      {R"(\uFFFF)", "\xef\xbf\xbf"},
      {R"(\ud83d\uDE00)", "\xf0\x9f\x98\x80"},
      {R"(\uDBFF\uDFFF)", "\xf4\x8f\xbf\xbf"},
      {"\xc3\xa5\\u00e5", "\xc3\xa5\xc3\xa5"},
  };
  for (const Case& c : cases) EXPECT_EQ(Unescaped(c.body), c.value) << c.body;
}

TEST(StringLiteralTest, RefusesHalfASurrogatePair) {
  for (const char* body : {R"(\ud800)", R"(\udc00)", R"(\ud800x)",
                           R"(\ud800\n)", R"(\ud800\u0041)", R"(\ud800\ud800)",
                           R"(\udc00\ud800)", R"(ok\ud83d\ude00\ud83d)"}) {
    EXPECT_EQ(Unescaped(body), std::nullopt) << body;
  }
}

TEST(StringLiteralTest, EscapesOnlyWhatJsonRequires) {
  std::string all;
  for (int c = 0; c < 0x22; ++c) all += static_cast<char>(c);
  all += "/\\\x7f\xc3\xa5\xe2\x80\xa8";
  std::string text;
  AppendEscaped(all, text);
  EXPECT_EQ(text,
            R"(\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b)"
            R"(\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016)"
            R"(\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f !/\\)"
            "\x7f\xc3\xa5\xe2\x80\xa8");
  EXPECT_EQ(Unescaped(text), all);
}

TEST(StringLiteralTest, EscapesAtEveryPositionOfALongString) {
  for (size_t i = 0; i < 70; ++i) {
    std::string value(70, 'x');
    value[i] = '\n';
    std::string text;
    AppendEscaped(value, text);
    EXPECT_EQ(text, std::string(i, 'x') + "\\n" + std::string(69 - i, 'x'));
  }
}

}  // namespace
}  // namespace klarna::json

// SPDX-License-Identifier: Apache-2.0
#include "service/observability/json_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace klarna::observability {
namespace {

std::string JsonText(std::string_view text) {
  std::string out;
  AppendJsonText(text, out);
  return out;
}

struct Case {
  const char* what;
  std::string text;
  std::string json;
};

const Case kCases[] = {
    {"Empty", "", R"("")"},
    {"Plain", "GET /orders ~", R"("GET /orders ~")"},
    {"QuoteAndBackslash", R"(a"b\c)", R"("a\"b\\c")"},
    {"NewlineInjection", "ok\n{\"level\":1}", R"("ok\n{\"level\":1}")"},
    {"CarriageReturn", "a\rb", R"("a\u000db")"},
    {"Nul", std::string("a\0b", 3), R"("a\u0000b")"},
    {"TerminalEscape", "\x1b[2J", R"("\u001b[2J")"},
    {"Delete", "\x7f", R"("\u007f")"},
    {"TwoBytes", "caf\xC3\xA9", R"("caf\u00e9")"},
    {"C1Control", "\xC2\x9B", R"("\u009b")"},
    {"RightToLeftOverride", "\xE2\x80\xAE", R"("\u202e")"},
    {"FourBytes", "\xF0\x9F\x98\x80", R"("\ud83d\ude00")"},
    {"LastCharacter", "\xF4\x8F\xBF\xBF", R"("\udbff\udfff")"},
    {"AboveTheLast", "\xF4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},
    {"Overlong", "\xC0\xAF", R"("\ufffd\ufffd")"},
    {"OverlongThreeBytes", "\xE0\x80\xAF", R"("\ufffd\ufffd\ufffd")"},
    {"Surrogate", "\xED\xA0\x80", R"("\ufffd\ufffd\ufffd")"},
    {"LoneContinuation", "a\x80z", R"("a\ufffdz")"},
    {"CutInTheMiddle", "\xE2\x82", R"("\ufffd\ufffd")"},
    {"BrokenThenFine", "\xE2\x82z", R"("\ufffd\ufffdz")"},
};

TEST(JsonTextTest, IsPrintableAsciiWhateverComes) {
  for (const Case& each : kCases) {
    EXPECT_EQ(JsonText(each.text), each.json) << each.what;
  }
}

TEST(JsonTextTest, IsJsonForEveryPairOfBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first),
                                static_cast<char>(second)};
      const std::string json = JsonText(text);
      ASSERT_TRUE(nlohmann::json::accept(json)) << json;
      for (char c : json) ASSERT_TRUE(c >= ' ' && c <= '~') << json;
    }
  }
}

TEST(JsonTextTest, KeepsAsManyCharactersAsAllowed) {
  const std::string text(kMaxLogText, 'x');
  EXPECT_EQ(JsonText(text), "\"" + text + "\"");
}

TEST(JsonTextTest, CutsLongerTextAndMarksTheCut) {
  const std::string kept(kMaxLogText, 'x');
  EXPECT_EQ(JsonText(kept + "y"), "\"" + kept + "...\"");
  EXPECT_EQ(JsonText(std::string(1 << 20, 'x')), "\"" + kept + "...\"");
}

TEST(JsonTextTest, CountsCharactersAndNotBytes) {
  std::string text;
  std::string json;
  for (size_t i = 0; i < kMaxLogText; ++i) {
    text += "\xC3\xA9";
    json += "\\u00e9";
  }
  EXPECT_EQ(JsonText(text), "\"" + json + "\"");
}

}  // namespace
}  // namespace klarna::observability

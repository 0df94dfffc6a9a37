// SPDX-License-Identifier: Apache-2.0
#include "service/json/scanner.h"

#include <random>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/json/json_to_wire.h"
#include "simdjson.h"
#include "tests/service/json/document_generator.h"

namespace klarna::json {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ScannerTest, AcceptsWhatRfc8259Allows) {
  for (const char* json : {
           "{}",
           "[]",
           " \t\r\n{ } ",
           "null",
           "true",
           "false",
           "0",
           "-0",
           "-1.5e+10",
           "1E400",
           "123456789012345678901234567890",
           R"("")",
           R"("\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00")",
           R"("\ud800")",
           "\"\x7f\xc3\xa5\"",
           R"([1,"a",null,{"a":{"b":[]}}])",
           R"({"":0,"a":{"a":1},"b":{"a":1}})",
           R"({"a":1,"A":2,"a ":3})",
       }) {
    EXPECT_EQ(CheckJson(json), absl::OkStatus()) << json;
  }
}

TEST(ScannerTest, RefusesTheRestWithItsOffset) {
  struct Case {
    std::string json;
    int offset;
  };
  const Case cases[] = {
      {"", 0},
      {"  ", 2},
      {"\xef\xbb\xbf{}", 0},
      {"{", 1},
      {"[", 1},
      {"[1", 2},
      {"[1,]", 3},
      {"[,1]", 1},
      {"[1 2]", 3},
      {"[1}", 2},
      {"]", 0},
      {"{]", 1},
      {"{a:1}", 1},
      {"{'a':1}", 1},
      {R"({"a"})", 4},
      {R"({"a" 1})", 5},
      {R"({"a":})", 5},
      {R"({"a":1,})", 7},
      {R"({"a":1 "b":2})", 7},
      {R"({,"a":1})", 1},
      {"{} {}", 3},
      {"1 2", 2},
      {"nul", 3},
      {"nulL", 3},
      {"nullx", 4},
      {"True", 0},
      {"NaN", 0},
      {"Infinity", 0},
      {"-Infinity", 1},
      {"+1", 0},
      {"01", 0},
      {"-01", 1},
      {"1.", 2},
      {".5", 0},
      {"1.e5", 2},
      {"1e", 2},
      {"1e+", 3},
      {"-", 1},
      {"0x10", 1},
      {"1_000", 1},
      {"'a'", 0},
      {"\"a", 2},
      {"\"a\nb\"", 2},
      {std::string("\"a\0b\"", 5), 2},
      {"\"\\x\"", 2},
      {"\"\\u12\"", 5},
      {"\"\\u12g4\"", 5},
      {"\"\\", 2},
      {"\"\xff\"", 1},
      {"\"\xc0\x80\"", 1},
      {"\"\xed\xa0\x80\"", 1},
      {"[1]// comment", 3},
      {"/* comment */[1]", 0},
      {"\x0c[1]", 0},
      {"\xc2\xa0[1]", 0},
      {R"({"\ud800":1})", 1},
  };
  for (const Case& c : cases) {
    const absl::Status status = CheckJson(c.json);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.json;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("byte " + std::to_string(c.offset) + ":"))
        << c.json;
  }
}

TEST(ScannerTest, RefusesDuplicateKeysHoweverSpelled) {
  for (const char* json : {
           R"({"a":1,"a":2})",
           R"({"a":1,"b":2,"a":1})",
           R"({"":1,"":2})",
           R"({"a":1,"\u0061":2})",
           R"({"\u00e9":1,"é":2})",
           R"({"\ud83d\ude00":1,"😀":2})",
           R"({"a\/b":1,"a/b":2})",
           R"([[{"x":{"a":1,"a":2}}]])",
           R"({"a":{"b":1,"b":1},"c":1})",
       }) {
    EXPECT_THAT(std::string(CheckJson(json).message()), HasSubstr("twice"))
        << json;
  }
}

TEST(ScannerTest, NamesNoContent) {
  EXPECT_THAT(std::string(CheckJson(R"({"secret":"hidden" oops})").message()),
              AllOf(Not(HasSubstr("secret")), Not(HasSubstr("hidden")),
                    Not(HasSubstr("oops"))));
}

TEST(ScannerTest, NestsAsDeepAsTheLimit) {
  const auto nested = [](size_t n, const char* open, const char* close) {
    std::string json;
    for (size_t i = 0; i < n; ++i) json += open;
    json += "0";
    for (size_t i = 0; i < n; ++i) json += close;
    return json;
  };
  EXPECT_EQ(CheckJson(nested(32, "[", "]")), absl::OkStatus());
  EXPECT_EQ(CheckJson(nested(32, R"({"a":)", "}")), absl::OkStatus());
  for (const size_t n : {33, 1000, 200'000}) {
    EXPECT_THAT(std::string(CheckJson(nested(n, "[", "]")).message()),
                HasSubstr("byte 32:"));
    EXPECT_FALSE(CheckJson(nested(n, R"({"a":)", "}")).ok());
    EXPECT_FALSE(CheckJson(std::string(n, '[')).ok());
  }
}

TEST(ScannerTest, CountsValuesAndKeys) {
  const auto list = [](int n) {
    std::string json = "[0";
    for (int i = 1; i < n; ++i) json += ",0";
    return json + "]";
  };
  EXPECT_EQ(CheckJson(list(kMaxTokens - 1)), absl::OkStatus());
  EXPECT_THAT(std::string(CheckJson(list(kMaxTokens)).message()),
              HasSubstr("too many values"));
  std::string object = "{\"0\":0";
  for (int i = 1; i < kMaxTokens / 2; ++i) {
    object += ",\"" + std::to_string(i) + "\":0";
  }
  EXPECT_THAT(std::string(CheckJson(object + "}").message()),
              HasSubstr("too many values"));
}

TEST(ScannerTest, RefusesLongKeys) {
  const auto object = [](size_t size) {
    return "{\"" + std::string(size, 'k') + "\":0}";
  };
  EXPECT_EQ(CheckJson(object(kMaxKeySize - 2)), absl::OkStatus());
  EXPECT_THAT(std::string(CheckJson(object(kMaxKeySize - 1)).message()),
              HasSubstr("a key is too long"));
}

TEST(ScannerTest, AcceptsManyKeysAndLongStrings) {
  std::string object = "{\"0\":0";
  for (int i = 1; i < 200'000; ++i) {
    object += ",\"" + std::to_string(i) + "\":0";
  }
  EXPECT_EQ(CheckJson(object + "}"), absl::OkStatus());
  EXPECT_THAT(std::string(CheckJson(object + ",\"777\":0}").message()),
              HasSubstr("twice"));
  EXPECT_EQ(CheckJson("\"" + std::string(10'000'000, 'a') + "\""),
            absl::OkStatus());
  EXPECT_EQ(CheckJson(std::string(1'000'000, '9')), absl::OkStatus());
}

TEST(ScannerTest, EveryCutOfADocumentIsRefused) {
  const std::string json =
      R"({"a":[1,-2.5e3,"x\u00e9\ud83d\ude00é"],"b":{"c":null,"d":true}} )";
  ASSERT_EQ(CheckJson(json), absl::OkStatus());
  for (size_t size = 0; size + 1 < json.size(); ++size) {
    EXPECT_FALSE(CheckJson(json.substr(0, size)).ok()) << size;
  }
}

// What simdjson takes and we do not, by our own rules.
bool IsOurOwnRule(const absl::Status& status) {
  const std::string message(status.message());
  return message.find("twice") != message.npos ||
         message.find("surrogate in a key") != message.npos;
}

// simdjson's DOM refuses some documents that RFC 8259 allows: numbers that no
// double or 64-bit integer holds, and lone surrogates.
bool IsSimdjsonsOwnRule(simdjson::error_code error) {
  return error == simdjson::NUMBER_ERROR || error == simdjson::STRING_ERROR;
}

TEST(ScannerTest, AgreesWithSimdjsonOnDamagedDocuments) {
  std::mt19937 random(11);
  DocumentGenerator generate(11);
  simdjson::dom::parser parser;
  int accepted = 0;
  int refused = 0;
  for (int i = 0; i < 30'000; ++i) {
    std::string json = generate.AnyValue();
    constexpr std::string_view kBytes = "{}[]\",:\\0-+.eE1tfn \n\x80\xff/'\x01";
    for (size_t n = random() % 4; n > 0; --n) {
      const size_t at = random() % json.size();
      const char byte = kBytes[random() % kBytes.size()];
      switch (random() % 3) {
        case 0:
          json[at] = byte;
          break;
        case 1:
          json.insert(at, 1, byte);
          break;
        default:
          json.erase(at, 1);
          if (json.empty()) json = "0";
      }
    }
    const absl::Status status = CheckJson(json);
    const simdjson::error_code error = parser.parse(json).error();
    accepted += status.ok();
    refused += !status.ok();
    if (status.ok() != (error == simdjson::SUCCESS)) {
      ASSERT_TRUE(status.ok() ? IsSimdjsonsOwnRule(error)
                              : IsOurOwnRule(status))
          << json << "\nours: " << status << "\nsimdjson: " << error;
    }
  }
  EXPECT_GT(accepted, 5000);
  EXPECT_GT(refused, 5000);
}

}  // namespace
}  // namespace klarna::json

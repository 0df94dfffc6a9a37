// SPDX-License-Identifier: Apache-2.0
#include "service/json/number.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "gtest/gtest.h"

namespace klarna::json {
namespace {

std::optional<int64_t> Integer(std::string_view text) {
  int64_t value = 0;
  const char* const end =
      ReadInteger(text.data(), text.data() + text.size(), value);
  if (end == nullptr) return std::nullopt;
  return value;
}

TEST(NumberTest, ReadsIntegersExactly) {
  EXPECT_EQ(Integer("0"), 0);
  EXPECT_EQ(Integer("7,"), 7);
  EXPECT_EQ(Integer("-12}"), -12);
  EXPECT_EQ(Integer("9007199254740993"), 9007199254740993);
  EXPECT_EQ(Integer("999999999999999999"), 999999999999999999);
  EXPECT_EQ(Integer("9223372036854775807"),
            std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Integer("-9223372036854775808"),
            std::numeric_limits<int64_t>::min());
}

TEST(NumberTest, ReadsNothingElse) {
  for (const char* text : {"-",
                           "-0",
                           "00",
                           "01",
                           "-01",
                           "1.0",
                           "1.",
                           "1e2",
                           "1E2",
                           "0e0",
                           "-0.0",
                           "9223372036854775808",
                           "-9223372036854775809",
                           "18446744073709551616",
                           "10000000000000000000",
                           "100000000000000000000",
                           "+1",
                           "a",
                           "\"1\"",
                           " 1",
                           "null"}) {
    EXPECT_EQ(Integer(text), std::nullopt) << text;
  }
}

TEST(NumberTest, StaysWithinItsBounds) {
  const std::string_view digits("12345");
  int64_t value = 0;
  EXPECT_EQ(ReadInteger(digits.data(), digits.data() + 3, value),
            digits.data() + 3);
  EXPECT_EQ(value, 123);
}

TEST(NumberTest, ReadsBooleans) {
  uint64_t value = 7;
  const std::string_view yes("true,");
  EXPECT_EQ(ReadBool(yes.data(), yes.data() + 5, value), yes.data() + 4);
  EXPECT_EQ(value, 1u);
  const std::string_view no("false");
  EXPECT_EQ(ReadBool(no.data(), no.data() + 5, value), no.data() + 5);
  EXPECT_EQ(value, 0u);
  EXPECT_EQ(ReadBool(yes.data(), yes.data() + 3, value), nullptr);
  const std::string_view other("True");
  EXPECT_EQ(ReadBool(other.data(), other.data() + 4, value), nullptr);
}

}  // namespace
}  // namespace klarna::json

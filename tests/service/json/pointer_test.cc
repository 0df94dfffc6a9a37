// SPDX-License-Identifier: Apache-2.0
#include "service/json/pointer.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace klarna::json {
namespace {

using ::testing::ElementsAreArray;

TEST(PointerTest, EscapesTildeAndSlash) {
  std::string pointer;
  AppendPointerToken("order_lines", pointer);
  AppendPointerIndex(12, pointer);
  AppendPointerToken("a/b~c~1", pointer);
  AppendPointerToken("", pointer);
  EXPECT_EQ(pointer, "/order_lines/12/a~1b~0c~01/");
}

TEST(PointerTest, ReadsWhatWasAppended) {
  const std::vector<std::string> tokens = {"", "a", "~", "/", "~1", "0", ""};
  std::string pointer;
  for (const std::string& token : tokens) AppendPointerToken(token, pointer);
  PointerReader reader(pointer);
  std::vector<std::string> read;
  for (std::string token; reader.Next(token);) read.push_back(token);
  EXPECT_TRUE(reader.ok());
  EXPECT_THAT(read, ElementsAreArray(tokens));
}

TEST(PointerTest, RefusesWhatIsNoPointer) {
  for (const char* pointer : {"a", "a/b", "/a~", "/a~2", "/~~0"}) {
    PointerReader reader(pointer);
    std::string token;
    while (reader.Next(token)) {
    }
    EXPECT_FALSE(reader.ok()) << pointer;
  }
}

TEST(PointerTest, TakesIndicesUpToTheSizeOfTheList) {
  struct Case {
    const char* token;
    std::optional<size_t> index;
  };
  const Case cases[] = {
      {"0", 0},
      {"3", 3},
      {"10", 10},
      {"-", 10},
      {"11", std::nullopt},
      {"", std::nullopt},
      {"01", std::nullopt},
      {"-1", std::nullopt},
      {"+1", std::nullopt},
      {"1.0", std::nullopt},
      {"1x", std::nullopt},
      {" 1", std::nullopt},
      {"18446744073709551616", std::nullopt},
  };
  for (const Case& c : cases)
    EXPECT_EQ(ListIndex(c.token, 10), c.index) << c.token;
}

}  // namespace
}  // namespace klarna::json

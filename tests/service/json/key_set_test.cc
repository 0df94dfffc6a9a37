// SPDX-License-Identifier: Apache-2.0
#include "service/json/key_set.h"

#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace klarna::json {
namespace {

// Few keys are compared pairwise, many are sorted: both ways are tried.
class KeySetTest : public ::testing::TestWithParam<int> {
 protected:
  std::vector<std::string> Names(const char* prefix) const {
    std::vector<std::string> names;
    names.reserve(static_cast<size_t>(GetParam()));
    for (int i = 0; i < GetParam(); ++i) {
      names.push_back(prefix + std::to_string(i));
    }
    return names;
  }
};

TEST_P(KeySetTest, FindsNothingAmongDifferentKeys) {
  const std::vector<std::string> names = Names("key");
  KeySet keys;
  const size_t mark = keys.Mark();
  for (const std::string& name : names) keys.Add(name, 1);
  EXPECT_EQ(keys.Close(mark), std::nullopt);
}

TEST_P(KeySetTest, FindsTheLaterOfTwoEqualKeys) {
  const std::vector<std::string> names = Names("key");
  const std::string again = "key0";
  KeySet keys;
  const size_t mark = keys.Mark();
  for (size_t i = 0; i < names.size(); ++i) keys.Add(names[i], 10 * i);
  keys.Add(again, 777);
  EXPECT_EQ(keys.Close(mark), 777u);
}

TEST_P(KeySetTest, KeepsKeysOfOuterObjectsApart) {
  const std::vector<std::string> names = Names("key");
  KeySet keys;
  const size_t outer = keys.Mark();
  for (const std::string& name : names) keys.Add(name, 1);
  const size_t inner = keys.Mark();
  for (const std::string& name : names) keys.Add(name, 2);
  EXPECT_EQ(keys.Close(inner), std::nullopt);
  EXPECT_EQ(keys.Close(outer), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Sizes, KeySetTest,
                         ::testing::Values(1, 2, 11, 12, 13, 500));

TEST(KeySetStorageTest, KeepsWhatWasAllocated) {
  KeySet keys;
  std::vector<std::string_view> texts;
  for (size_t size : {1, 100, 4096, 5000, 3, 4000}) {
    char* const text = keys.Allocate(size);
    std::memset(text, static_cast<int>('a' + texts.size()), size);
    texts.emplace_back(text, size);
  }
  for (size_t i = 0; i < texts.size(); ++i) {
    const char expected = static_cast<char>('a' + i);
    EXPECT_EQ(texts[i].find_first_not_of(expected), texts[i].npos) << i;
  }
}

}  // namespace
}  // namespace klarna::json

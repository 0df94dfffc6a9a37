// SPDX-License-Identifier: Apache-2.0
#include "service/json/gap_list.h"

#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace klarna::json {
namespace {

TEST(GapListTest, EqualsAVectorUnderRandomInsertions) {
  std::mt19937 random(7);
  std::vector<int> expected;
  GapList<int> list;
  for (int i = 0; i < 2000; ++i) {
    const size_t index = random() % (expected.size() + 1);
    expected.insert(expected.begin() + static_cast<ptrdiff_t>(index), i);
    list.Insert(index, i);
  }
  ASSERT_EQ(list.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(list.At(i), expected[i]) << i;
  }
}

TEST(GapListTest, InsertionsInAscendingOrderMoveEachElementOnce) {
  GapList<int> list;
  for (int i = 0; i < 1000; ++i) list.Insert(list.size(), i);
  size_t moved = 0;
  for (size_t i = 0; i < 2000; i += 2) moved += list.Insert(i, -1);
  EXPECT_LE(moved, 2000u);
  EXPECT_EQ(list.At(0), -1);
  EXPECT_EQ(list.At(1), 0);
  EXPECT_EQ(list.At(1999), 999);
}

}  // namespace
}  // namespace klarna::json

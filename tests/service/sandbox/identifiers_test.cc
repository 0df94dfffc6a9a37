// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/identifiers.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace klarna::sandbox {
namespace {

constexpr uint64_t kNumbers[] = {0,           1, 2, 1000, uint64_t{1} << 48,
                                 ~uint64_t{0}};

TEST(IdentifiersTest, GatherUndoesScatter) {
  for (const uint64_t number : kNumbers) {
    EXPECT_EQ(Gather(Scatter(number)), number);
  }
}

TEST(IdentifiersTest, ReadsTheNumberBack) {
  const Identifiers ids(7);
  for (const uint64_t number : kNumbers) {
    const std::string uuid = ids.Uuid(IdKind::kOrder, number);
    EXPECT_EQ(ids.NumberOf(IdKind::kOrder, uuid), number) << uuid;
  }
}

TEST(IdentifiersTest, KnowsOnlyItsOwnIds) {
  const Identifiers ids(1);
  const std::string uuid = ids.Uuid(IdKind::kOrder, 5);
  EXPECT_EQ(ids.NumberOf(IdKind::kCapture, uuid), std::nullopt);
  EXPECT_EQ(Identifiers(2).NumberOf(IdKind::kOrder, uuid), std::nullopt);
  for (size_t i = 0; i < uuid.size(); ++i) {
    std::string changed = uuid;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_EQ(ids.NumberOf(IdKind::kOrder, changed), std::nullopt) << changed;
  }
  for (const char* text :
       {"", "x", "{}", "0000000000000000000000000000000000000"}) {
    EXPECT_EQ(ids.NumberOf(IdKind::kOrder, text), std::nullopt);
  }
}

TEST(IdentifiersTest, HasTheFormOfKlarnasIds) {
  const Identifiers ids(1);
  std::set<char> versions;
  for (uint64_t i = 0; i < 200; ++i) {
    const std::string uuid = ids.Uuid(IdKind::kRefund, i);
    ASSERT_EQ(uuid.size(), 36u);
    versions.insert(uuid[14]);
    for (const size_t dash : {8u, 13u, 18u, 23u}) EXPECT_EQ(uuid[dash], '-');
  }
  EXPECT_EQ(versions, (std::set<char>{'1', '3', '4', '5', '6'}));
}

TEST(IdentifiersTest, NextNeverRepeats) {
  Identifiers ids(1);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(seen.insert(ids.Next(IdKind::kCapture)).second);
  }
  EXPECT_FALSE(seen.contains(ids.Uuid(IdKind::kCapture, 0)));
}

}  // namespace
}  // namespace klarna::sandbox

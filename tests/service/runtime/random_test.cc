// SPDX-License-Identifier: Apache-2.0
#include "service/runtime/random.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace klarna::runtime {
namespace {

class FixedRandom final : public Random {
 public:
  explicit FixedRandom(uint64_t word) : word_(word) {}
  uint64_t Next() override { return word_; }

 private:
  uint64_t word_;
};

TEST(RandomTest, BytesHasExactlyTheSizeAskedFor) {
  FixedRandom random(0x4141414141414141);
  for (size_t size : {0, 1, 7, 8, 9, 16, 33}) {
    EXPECT_EQ(random.Bytes(size), std::string(size, 'A'));
  }
}

TEST(RandomTest, UniformStaysBelowOne) {
  EXPECT_EQ(FixedRandom(0).Uniform(), 0.0);
  EXPECT_EQ(FixedRandom(uint64_t{1} << 63).Uniform(), 0.5);
  EXPECT_LT(FixedRandom(std::numeric_limits<uint64_t>::max()).Uniform(), 1.0);
}

}  // namespace
}  // namespace klarna::runtime

// SPDX-License-Identifier: Apache-2.0
#include "service/json/output_buffer.h"

#include <string>

#include "gtest/gtest.h"
#include "service/json/wire.h"

namespace klarna::json {
namespace {

TEST(OutputBufferTest, KeepsWhatItIsToldToAndWritesOverTheRest) {
  std::string target = "keep me, not me";
  OutputBuffer out(target, 8, 4);
  out.Append("abc");
  out.Put('d');
  EXPECT_EQ(out.size(), 12u);
  out.Finish();
  EXPECT_EQ(target, "keep me,abcd");
}

TEST(OutputBufferTest, GrowsAndTruncates) {
  std::string target;
  std::string expected;
  OutputBuffer out(target, 0, 0);
  for (int i = 0; i < 2000; ++i) {
    out.Append(std::to_string(i));
    expected += std::to_string(i);
  }
  const size_t size = out.size();
  out.Append("gone");
  out.Truncate(size);
  out.Finish();
  EXPECT_EQ(target, expected);
}

// The buffer is full to the last byte when the length needs more room.
TEST(OutputBufferTest, PutsTheShortestLengthBeforeContentOfEverySize) {
  for (const size_t size : {0, 1, 126, 127, 128, 129, 16382, 16383, 16384,
                            16385, 2097151, 2097152}) {
    const std::string content(size, 'x');
    std::string target;
    OutputBuffer out(target, 0, size + 2);
    const size_t start = out.BeginLength();
    out.Append(content);
    out.EndLength(start);
    out.Finish();
    std::string expected;
    AppendVarint(size, expected);
    EXPECT_TRUE(target == expected + content) << size;
  }
}

}  // namespace
}  // namespace klarna::json

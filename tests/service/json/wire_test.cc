// SPDX-License-Identifier: Apache-2.0
#include "service/json/wire.h"

#include <cstdint>
#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace klarna::json {
namespace {

const uint64_t kValues[] = {0,
                            1,
                            127,
                            128,
                            300,
                            16383,
                            16384,
                            (uint64_t{1} << 32) - 1,
                            uint64_t{1} << 62,
                            uint64_t{1} << 63,
                            std::numeric_limits<uint64_t>::max()};

TEST(WireTest, VarintsComeBackAndHaveTheSizeForetold) {
  for (const uint64_t value : kValues) {
    std::string bytes;
    AppendVarint(value, bytes);
    EXPECT_EQ(bytes.size(), VarintSize(value));
    uint64_t read = 0;
    const char* const end = bytes.data() + bytes.size();
    EXPECT_EQ(ReadVarint(bytes.data(), end, read), end);
    EXPECT_EQ(read, value);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(ReadVarint(bytes.data(), bytes.data() + size, read), nullptr);
    }
  }
  for (int bit = 0; bit < 64; ++bit) {
    std::string bytes;
    AppendVarint(uint64_t{1} << bit, bytes);
    EXPECT_EQ(bytes.size(), VarintSize(uint64_t{1} << bit)) << bit;
  }
}

TEST(WireTest, RefusesVarintsOfMoreThan64Bits) {
  uint64_t value = 0;
  const std::string eleven = std::string(10, '\x80') + '\x01';
  EXPECT_EQ(ReadVarint(eleven.data(), eleven.data() + 11, value), nullptr);
  const std::string bit65 = std::string(9, '\xff') + '\x02';
  EXPECT_EQ(ReadVarint(bit65.data(), bit65.data() + 10, value), nullptr);
}

TEST(WireTest, ReaderYieldsWhatWasAppended) {
  std::string wire;
  AppendVarintField(1, -1, wire);
  AppendLengthDelimited(2, "abc", wire);
  AppendTag(3, WireType::kFixed32, wire);
  wire += std::string("\x01\x02\x03\x04", 4);
  AppendLengthDelimited(536870911, "", wire);

  WireReader reader(wire);
  WireField field;
  ASSERT_TRUE(reader.Next(field));
  EXPECT_EQ(field.number, 1u);
  EXPECT_EQ(field.value, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(field.raw.size(), 11u);
  ASSERT_TRUE(reader.Next(field));
  EXPECT_EQ(field.type, WireType::kLengthDelimited);
  EXPECT_EQ(field.bytes, "abc");
  EXPECT_EQ(field.raw,
            "\x12\x03"
            "abc");
  ASSERT_TRUE(reader.Next(field));
  EXPECT_EQ(field.value, 0x04030201u);
  ASSERT_TRUE(reader.Next(field));
  EXPECT_EQ(field.number, 536870911u);
  EXPECT_EQ(field.bytes, "");
  EXPECT_FALSE(reader.Next(field));
  EXPECT_TRUE(reader.ok());
}

TEST(WireTest, ReaderStopsAtMalformedBytes) {
  struct Case {
    const char* what;
    std::string wire;
  };
  const Case cases[] = {
      {"field number 0", std::string("\x02\x00", 2)},
      {"start of a group", "\x0b\x0c"},
      {"end of a group", "\x0c"},
      {"wire type 6", "\x0e"},
      {"wire type 7", "\x0f"},
      {"tag above 32 bits", "\x80\x80\x80\x80\x10\x01"},
      {"tag cut", "\x80"},
      {"no varint", "\x08"},
      {"varint cut", "\x08\x80"},
      {"no length", "\x0a"},
      {"length past the end", "\x0a\x02x"},
      {"length of 2^64-1", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"},
      {"fixed32 cut", "\x0d\x01\x02\x03"},
      {"fixed64 cut", "\x09\x01\x02\x03\x04\x05\x06\x07"},
  };
  for (const Case& c : cases) {
    WireReader reader(c.wire);
    WireField field;
    EXPECT_FALSE(reader.Next(field)) << c.what;
    EXPECT_FALSE(reader.ok()) << c.what;
    EXPECT_FALSE(reader.Next(field)) << c.what;
  }
}

}  // namespace
}  // namespace klarna::json

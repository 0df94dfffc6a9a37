// SPDX-License-Identifier: Apache-2.0
#include "service/http/gzip_decoder.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/testing/gzip.h"

namespace klarna::http {
namespace {

using ::klarna::testing::Gzip;
using Outcome = GzipDecoder::Outcome;

// Decodes until input is wanted; false if it is broken.
bool Drain(GzipDecoder& decoder, std::string& text) {
  std::string_view chunk;
  Outcome outcome;
  while ((outcome = decoder.Next(chunk)) == Outcome::kChunk) text += chunk;
  return outcome == Outcome::kNeedInput;
}

std::string Sample() {
  std::string text;
  for (int i = 0; text.size() < 100'000; ++i) text += std::to_string(i * i);
  return text;
}

TEST(GzipDecoderTest, DecodesInputCutAtEveryByte) {
  const std::string text = "{\"amount\": 100, \"currency\": \"SEK\"}";
  const std::string encoded = Gzip(text);
  for (size_t cut = 0; cut <= encoded.size(); ++cut) {
    GzipDecoder decoder;
    std::string decoded;
    decoder.Feed(encoded.substr(0, cut));
    EXPECT_TRUE(Drain(decoder, decoded));
    EXPECT_EQ(decoder.Complete(), cut == 0 || cut == encoded.size()) << cut;
    decoder.Feed(encoded.substr(cut));
    EXPECT_TRUE(Drain(decoder, decoded));
    EXPECT_EQ(decoded, text) << cut;
    EXPECT_TRUE(decoder.Complete());
  }
}

TEST(GzipDecoderTest, GivesALongStreamInBoundedChunks) {
  const std::string text = Sample();
  GzipDecoder decoder;
  decoder.Feed(Gzip(text));
  std::string decoded;
  std::string_view chunk;
  while (decoder.Next(chunk) == Outcome::kChunk) {
    EXPECT_LE(chunk.size(), GzipDecoder::kChunkBytes);
    decoded += chunk;
  }
  EXPECT_EQ(decoded, text);
  EXPECT_TRUE(decoder.Complete());
}

TEST(GzipDecoderTest, MoreInputMayComeWhileOutputIsHeldBack) {
  const std::string text = Sample();
  const std::string encoded = Gzip(text);
  GzipDecoder decoder;
  std::string decoded;
  std::string_view chunk;
  for (char byte : encoded) {
    decoder.Feed({&byte, 1});
    if (decoder.Next(chunk) == Outcome::kChunk) decoded += chunk;
  }
  EXPECT_TRUE(Drain(decoder, decoded));
  EXPECT_EQ(decoded, text);
}

TEST(GzipDecoderTest, NothingAtAllIsComplete) {
  GzipDecoder decoder;
  std::string decoded;
  EXPECT_TRUE(Drain(decoder, decoded));
  EXPECT_TRUE(decoder.Complete());
}

TEST(GzipDecoderTest, EveryFlippedBitIsFoundOrHarmless) {
  const std::string text = "{\"amount\": 100}";
  const std::string encoded = Gzip(text);
  for (size_t bit = 0; bit < encoded.size() * 8; ++bit) {
    std::string flipped = encoded;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    GzipDecoder decoder;
    std::string decoded;
    decoder.Feed(flipped);
    const bool good = Drain(decoder, decoded) && decoder.Complete();
    EXPECT_TRUE(!good || decoded == text) << bit;
  }
}

TEST(GzipDecoderTest, RefusesWhatIsNotOneGzipStream) {
  for (const std::string& input :
       {std::string("hello, this is not gzip"), Gzip("a") + "x",
        Gzip("a") + Gzip("b"), std::string("x\x9c\x4b\x04\x00", 5)}) {
    GzipDecoder decoder;
    std::string decoded;
    decoder.Feed(input);
    EXPECT_FALSE(Drain(decoder, decoded));
  }
}

}  // namespace
}  // namespace klarna::http

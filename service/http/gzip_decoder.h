// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace klarna::http {

// Decodes a gzip stream piece by piece, so that who reads it can stop between
// two pieces: a few encoded bytes can stand for a thousand times as many.
//
//   decoder.Feed(encoded);
//   while (decoder.Next(chunk) == GzipDecoder::Outcome::kChunk) Use(chunk);
//
// Memory is constant, beyond what was fed. Not thread-safe.
class GzipDecoder {
 public:
  static constexpr size_t kChunkBytes = 32 << 10;

  enum class Outcome {
    kChunk,  // There is a chunk; there may be more.
    kNeedInput,
    kBroken,  // Not gzip, a wrong checksum, or bytes after the end.
  };

  GzipDecoder();
  ~GzipDecoder();
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  void Feed(std::string_view encoded);

  // The chunk is valid until the next call.
  Outcome Next(std::string_view& chunk);

  // The end of the stream was seen and its checksum is right; or nothing at all
  // was fed, as an empty body may be called gzip.
  bool Complete() const { return ended_ || !fed_; }

 private:
  std::unique_ptr<z_stream_s> stream_;  // Null if there was no memory for it.
  std::string input_;
  size_t taken_ = 0;  // Bytes of input_ that were decoded.
  std::unique_ptr<char[]> output_;
  bool fed_ = false;
  bool ended_ = false;
};

}  // namespace klarna::http

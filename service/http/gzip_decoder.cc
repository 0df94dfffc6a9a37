// SPDX-License-Identifier: Apache-2.0
#include "service/http/gzip_decoder.h"

#include <zlib.h>

namespace klarna::http {
namespace {

constexpr int kGzipOnly = 16;
constexpr int kWindowBits = 15;

}  // namespace

GzipDecoder::GzipDecoder()
    : stream_(std::make_unique<z_stream>()),
      output_(std::make_unique<char[]>(kChunkBytes)) {
  if (inflateInit2(stream_.get(), kGzipOnly + kWindowBits) != Z_OK) {
    stream_ = nullptr;
  }
}

GzipDecoder::~GzipDecoder() {
  if (stream_ != nullptr) inflateEnd(stream_.get());
}

void GzipDecoder::Feed(std::string_view encoded) {
  input_.erase(0, taken_);
  taken_ = 0;
  input_.append(encoded);
  fed_ = fed_ || !encoded.empty();
}

GzipDecoder::Outcome GzipDecoder::Next(std::string_view& chunk) {
  if (stream_ == nullptr) return Outcome::kBroken;
  const size_t left = input_.size() - taken_;
  if (ended_) return left == 0 ? Outcome::kNeedInput : Outcome::kBroken;
  stream_->next_in = reinterpret_cast<Bytef*>(input_.data() + taken_);
  stream_->avail_in = static_cast<uInt>(left);
  stream_->next_out = reinterpret_cast<Bytef*>(output_.get());
  stream_->avail_out = kChunkBytes;
  const int code = inflate(stream_.get(), Z_NO_FLUSH);
  // Z_BUF_ERROR says that neither input was left nor output held back.
  if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
    return Outcome::kBroken;
  }
  taken_ += left - stream_->avail_in;
  ended_ = code == Z_STREAM_END;
  chunk = {output_.get(), kChunkBytes - stream_->avail_out};
  if (!chunk.empty()) return Outcome::kChunk;
  return ended_ && taken_ < input_.size() ? Outcome::kBroken
                                          : Outcome::kNeedInput;
}

}  // namespace klarna::http

// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/gzip.h"

#include <zlib.h>

#include <cstdlib>

namespace klarna::testing {

std::string Gzip(std::string_view text) {
  constexpr int kGzipWindow = 16 + 15;
  constexpr int kMemoryLevel = 8;
  z_stream stream = {};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow,
                   kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    std::abort();
  }
  std::string encoded(deflateBound(&stream, text.size()), '\0');
  // zlib does not write to its input; its type lacks the const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(encoded.data());
  stream.avail_out = static_cast<uInt>(encoded.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  encoded.resize(stream.total_out);
  deflateEnd(&stream);
  return encoded;
}

}  // namespace klarna::testing

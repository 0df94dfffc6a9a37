// SPDX-License-Identifier: Apache-2.0
#include "service/runtime/random.h"

#include <algorithm>
#include <cstring>

namespace klarna::runtime {

std::string Random::Bytes(size_t size) {
  std::string bytes(size, '\0');
  for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
    const uint64_t word = Next();
    std::memcpy(bytes.data() + at, &word, std::min(sizeof(word), size - at));
  }
  return bytes;
}

double Random::Uniform() {
  // 53 bits are what a double holds, so that 1.0 is never reached by rounding.
  return static_cast<double>(Next() >> 11) * 0x1p-53;
}

}  // namespace klarna::runtime

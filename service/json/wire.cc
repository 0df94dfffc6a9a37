// SPDX-License-Identifier: Apache-2.0
#include "service/json/wire.h"

#include <cstring>

namespace klarna::json {

const char* ReadVarintSlow(const char* p, const char* end, uint64_t& value) {
  uint64_t result = 0;
  for (int shift = 0; shift < 64 && p < end; shift += 7, ++p) {
    const uint64_t byte = static_cast<unsigned char>(*p);
    // The tenth byte has room for one bit.
    if (shift == 63 && byte > 1) return nullptr;
    result |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      value = result;
      return p + 1;
    }
  }
  return nullptr;
}

bool WireReader::ReadNumber(WireField& field) {
  if (field.type == WireType::kVarint) {
    p_ = ReadVarint(p_, end_, field.value);
    return p_ != nullptr;
  }
  if (field.type != WireType::kFixed64 && field.type != WireType::kFixed32) {
    return false;
  }
  const size_t size = field.type == WireType::kFixed64 ? 8 : 4;
  if (static_cast<size_t>(end_ - p_) < size) return false;
  field.value = 0;
  std::memcpy(&field.value, p_, size);
  p_ += size;
  return true;
}

}  // namespace klarna::json

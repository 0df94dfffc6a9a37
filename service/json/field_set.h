// SPDX-License-Identifier: Apache-2.0
//
// A set of the fields of one message, for seeing a field a second time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "service/json/schema.h"

namespace klarna::json {

class FieldSet {
 public:
  // False when `index`, below kMaxFields, is in the set already.
  bool Add(size_t index) {
    uint64_t& word = words_[index / 64];
    const uint64_t bit = uint64_t{1} << (index % 64);
    if ((word & bit) != 0) return false;
    word |= bit;
    return true;
  }

 private:
  std::array<uint64_t, kMaxFields / 64> words_ = {};
};

}  // namespace klarna::json

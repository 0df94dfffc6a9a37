// SPDX-License-Identifier: Apache-2.0
#include "service/json/key_set.h"

#include <algorithm>

namespace klarna::json {
namespace {

// Up to this many keys each is compared with each.
constexpr size_t kFewKeys = 12;
constexpr size_t kBlockSize = 4096;

}  // namespace

char* KeySet::Allocate(size_t size) {
  if (size > block_left_) {
    block_left_ = std::max(size, kBlockSize);
    // Not value-initialized: every byte is written before it is read.
    blocks_.push_back(std::unique_ptr<char[]>(new char[block_left_]));
    block_ = blocks_.back().get();
  }
  char* const result = block_;
  block_ += size;
  block_left_ -= size;
  return result;
}

std::optional<size_t> KeySet::CloseFilled(size_t mark) {
  const auto begin = keys_.begin() + static_cast<ptrdiff_t>(mark);
  std::optional<size_t> repeated;
  if (keys_.size() - mark <= kFewKeys) {
    for (auto b = begin; b != keys_.end() && !repeated; ++b) {
      const bool found = std::any_of(
          begin, b, [&b](const Key& a) { return a.text() == b->text(); });
      if (found) repeated = b->offset;
    }
  } else {
    std::sort(begin, keys_.end(), [](const Key& a, const Key& b) {
      return a.size != b.size ? a.size < b.size : a.text() < b.text();
    });
    const auto equal = std::adjacent_find(
        begin, keys_.end(),
        [](const Key& a, const Key& b) { return a.text() == b.text(); });
    if (equal != keys_.end()) {
      repeated = std::max(equal->offset, std::next(equal)->offset);
    }
  }
  keys_.erase(begin, keys_.end());
  return repeated;
}

}  // namespace klarna::json

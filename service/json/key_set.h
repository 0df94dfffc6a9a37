// SPDX-License-Identifier: Apache-2.0
//
// Finds two equal keys in an object. The keys of all open objects stand on one
// stack, an inner object's above those of the outer ones:
//
//   const size_t mark = keys.Mark();     // {
//   keys.Add("a", 1);                    // "a": ...,
//   if (keys.Close(mark)) ...            // }
//
// Keys are sorted when the object ends, not hashed: no choice of keys makes it
// slow (n log n), and it needs no secret seed. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace klarna::json {

class KeySet {
 public:
  size_t Mark() const { return keys_.size(); }

  // `key` must outlive the object. `offset` is where it stands in the
  // document.
  void Add(std::string_view key, size_t offset) {
    keys_.push_back({key.data(), static_cast<uint32_t>(key.size()),
                     static_cast<uint32_t>(offset)});
  }

  // Room for `size` bytes that lives as long as this set.
  char* Allocate(size_t size);

  // Forgets the keys since `mark`. Returns the offset of one that was there
  // before, if any.
  std::optional<size_t> Close(size_t mark) {
    if (keys_.size() == mark) return std::nullopt;
    return CloseFilled(mark);
  }

 private:
  struct Key {
    const char* data;
    uint32_t size;
    uint32_t offset;

    std::string_view text() const { return {data, size}; }
  };

  std::optional<size_t> CloseFilled(size_t mark);

  std::vector<Key> keys_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t block_left_ = 0;
  char* block_ = nullptr;
};

}  // namespace klarna::json

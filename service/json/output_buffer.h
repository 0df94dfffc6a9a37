// SPDX-License-Identifier: Apache-2.0
//
// An OutputBuffer fills a string through a raw pointer, so that short
// pieces can be written in wide steps that run past their end.
//
//   OutputBuffer out(target, target.size(), 4096);
//   char* p = out.Reserve(16);
//   std::memcpy(p, name, 16);       // 16 bytes, of which 9 count
//   out.Advance(p + 9);
//   out.Finish();                   // target has its size now
//
// The target must not be touched between construction and Finish. Not
// thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "service/json/wire.h"

namespace klarna::json {

class OutputBuffer {
 public:
  // Keeps the first `keep` bytes of `target`; `expected` is how many will
  // probably be written after them. What `target` held there is written over:
  // clearing it first would cost a fill with zeros.
  OutputBuffer(std::string& target, size_t keep, size_t expected)
      : target_(target) {
    target.resize(std::max(target.size(), keep + expected));
    SetBounds(keep);
  }

  OutputBuffer(const OutputBuffer&) = delete;
  OutputBuffer& operator=(const OutputBuffer&) = delete;

  // Makes room for `n` bytes more and returns where they go.
  char* Reserve(size_t n) {
    if (static_cast<size_t>(limit_ - p_) < n) [[unlikely]]
      Grow(n);
    return p_;
  }
  // Bytes up to `p` are written.
  void Advance(char* p) { p_ = p; }

  // What the target holds so far, its old content included.
  size_t size() const { return static_cast<size_t>(p_ - target_.data()); }
  void Truncate(size_t size) { p_ = target_.data() + size; }
  // Gives back the memory that is not written to.
  void GiveBack() {
    const size_t used = size();
    target_.resize(used);
    target_.shrink_to_fit();
    SetBounds(used);
  }

  void Put(char c) {
    *Reserve(1) = c;
    ++p_;
  }
  void Append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(Reserve(text.size()), text.data(), text.size());
    p_ += text.size();
  }
  void PutVarint(uint64_t value) { p_ = WriteVarint(value, Reserve(10)); }

  // Leaves room for the length of what is written until EndLength.
  size_t BeginLength() {
    p_ = Reserve(kLengthRoom) + kLengthRoom;
    return size();
  }
  // `start` is what BeginLength returned. The length is put before it in its
  // shortest form, the content moved where that needs more or less room.
  void EndLength(size_t start) {
    const size_t length = size() - start;
    const size_t length_size = VarintSize(length);
    if (length_size != kLengthRoom) Move(start, length, length_size);
    WriteVarint(length, target_.data() + start - kLengthRoom);
  }

  // Gives the target its final size.
  void Finish() { target_.resize(size()); }

 private:
  // Most entities are between 128 and 16,383 bytes.
  static constexpr size_t kLengthRoom = 2;

  void SetBounds(size_t used) {
    p_ = target_.data() + used;
    limit_ = target_.data() + target_.size();
  }
  void Grow(size_t n) {
    const size_t used = size();
    target_.resize(used + std::max(n, used) + 64);
    SetBounds(used);
  }
  void Move(size_t start, size_t length, size_t length_size) {
    if (length_size > kLengthRoom) Reserve(length_size - kLengthRoom);
    char* const from = target_.data() + start;
    char* const to = from + length_size - kLengthRoom;
    std::memmove(to, from, length);
    p_ = to + length;
  }

  std::string& target_;
  char* p_ = nullptr;
  char* limit_ = nullptr;
};

}  // namespace klarna::json

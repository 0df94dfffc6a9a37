// SPDX-License-Identifier: Apache-2.0
//
// A list with a gap at the place of the last insertion: inserting in ascending
// order, as lists are rebuilt, costs one step each.
//
//   GapList<int> list;
//   list.Insert(0, 7);
//   list.Insert(0, 5);
//   list.At(1);          // 7
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <vector>

namespace klarna::json {

template <typename T>
class GapList {
 public:
  size_t size() const { return before_.size() + after_.size(); }

  const T& At(size_t index) const {
    if (index < before_.size()) return before_[index];
    return after_[size() - 1 - index];
  }

  // `index` is at most size(). Returns how many elements were moved.
  size_t Insert(size_t index, T value) {
    size_t moved = 0;
    for (; before_.size() > index; ++moved) {
      after_.push_back(before_.back());
      before_.pop_back();
    }
    for (; before_.size() < index; ++moved) {
      before_.push_back(after_.back());
      after_.pop_back();
    }
    before_.push_back(value);
    return moved;
  }

 private:
  std::vector<T> before_;
  std::vector<T> after_;  // reversed
};

}  // namespace klarna::json

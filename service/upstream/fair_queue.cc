// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/fair_queue.h"

#include <algorithm>

namespace klarna::upstream {

size_t FairQueue::LineOf(std::string_view account) const {
  const auto found =
      std::find_if(lines_.begin(), lines_.end(),
                   [&](const Line& line) { return line.account == account; });
  return static_cast<size_t>(found - lines_.begin());
}

bool FairQueue::Join(std::string_view account, uint64_t number) {
  const size_t line = LineOf(account);
  if (line == lines_.size()) {
    lines_.push_back({std::string(account), {}});
  } else if (lines_[line].numbers.size() >= kMaxWaiting) {
    return false;
  }
  lines_[line].numbers.push_back(number);
  ++size_;
  return true;
}

size_t FairQueue::Ahead(std::string_view account, uint64_t number) const {
  const size_t own = LineOf(account);
  if (own == lines_.size()) return 0;
  const std::vector<uint64_t>& numbers = lines_[own].numbers;
  const size_t before = static_cast<size_t>(
      std::lower_bound(numbers.begin(), numbers.end(), number) -
      numbers.begin());
  // Each of the others has had as many turns, and one more if it is in front.
  size_t ahead = before;
  for (size_t line = 0; line < lines_.size(); ++line) {
    if (line == own) continue;
    const size_t turns = before + (line < own ? 1 : 0);
    ahead += std::min(turns, lines_[line].numbers.size());
  }
  return ahead;
}

bool FairQueue::Remove(size_t line, uint64_t number) {
  if (line == lines_.size()) return false;
  std::vector<uint64_t>& numbers = lines_[line].numbers;
  const auto found = std::lower_bound(numbers.begin(), numbers.end(), number);
  if (found == numbers.end() || *found != number) return false;
  numbers.erase(found);
  --size_;
  return true;
}

void FairQueue::Serve(std::string_view account, uint64_t number) {
  const size_t line = LineOf(account);
  if (!Remove(line, number)) return;
  const auto served = lines_.begin() + static_cast<ptrdiff_t>(line);
  std::rotate(served, served + 1, lines_.end());
  if (lines_.back().numbers.empty()) lines_.pop_back();
}

void FairQueue::Leave(std::string_view account, uint64_t number) {
  const size_t line = LineOf(account);
  if (!Remove(line, number)) return;
  if (lines_[line].numbers.empty()) {
    lines_.erase(lines_.begin() + static_cast<ptrdiff_t>(line));
  }
}

}  // namespace klarna::upstream

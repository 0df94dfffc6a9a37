// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace klarna::upstream {

// Who waits, in the order in which they will be served: accounts take turns,
// and within one account who came first is first. However many calls of one
// account wait, a call of another stands behind one of them.
//
//   queue.Join("loud", 1); queue.Join("loud", 2); queue.Join("quiet", 3);
//   queue.Ahead("loud", 2);   // 2: its own first call, and the other account
//   queue.Ahead("quiet", 3);  // 1
//   queue.Serve("loud", 1);   // From here on "quiet" is first.
//
// Numbers grow. Not thread-safe.
class FairQueue {
 public:
  // Of one account.
  static constexpr size_t kMaxWaiting = 1000;

  // False when as many calls of the account wait as may.
  bool Join(std::string_view account, uint64_t number);

  // How many are served before a call that waits.
  size_t Ahead(std::string_view account, uint64_t number) const;

  // A call that waits is served, or gives up. Nothing happens to others.
  void Serve(std::string_view account, uint64_t number);
  void Leave(std::string_view account, uint64_t number);

  size_t size() const { return size_; }

 private:
  // The calls of one account that wait, at least one.
  struct Line {
    std::string account;
    std::vector<uint64_t> numbers;
  };

  // lines_.size() if it has none.
  size_t LineOf(std::string_view account) const;
  // Whether it was there.
  bool Remove(size_t line, uint64_t number);

  std::vector<Line> lines_;  // Whose turn is next is first.
  size_t size_ = 0;
};

}  // namespace klarna::upstream

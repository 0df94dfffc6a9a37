// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace klarna::gateway {

// Bytes of decoded pages, and of messages made of them, that all streams of the
// process hold. Thread-safe.
class PageBudget {
 public:
  explicit PageBudget(int64_t bytes) : limit_(bytes) {}

  // What is held already stays, even if it is more.
  void set_limit(int64_t bytes) { limit_ = bytes; }

  // Whether there is room for what nobody waits for yet.
  bool HasRoom() const { return used_ < limit_; }

  // Counts bytes for as long as it lives.
  class Lease {
   public:
    Lease() = default;
    Lease(PageBudget& budget, int64_t bytes) : budget_(&budget), bytes_(bytes) {
      budget.used_ += bytes;
    }
    Lease(Lease&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)),
          bytes_(other.bytes_) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Lease() {
      if (budget_ != nullptr) budget_->used_ -= bytes_;
    }

   private:
    PageBudget* budget_ = nullptr;
    int64_t bytes_ = 0;
  };

 private:
  std::atomic<int64_t> limit_;
  std::atomic<int64_t> used_ = 0;
};

}  // namespace klarna::gateway

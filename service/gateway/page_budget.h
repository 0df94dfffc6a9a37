// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>

namespace klarna::gateway {

// Bytes of decoded pages, of messages made of them, and of what a stream takes
// by itself, that all streams of the process hold. Thread-safe.
class PageBudget {
 public:
  // Of a stream without a page or a message: about what gRPC holds for it, by a
  // heap profile of tests/benchmark/stalled_readers.
  static constexpr int64_t kStreamBytes = 16 << 10;

  explicit PageBudget(int64_t bytes) : limit_(bytes) {}

  // What is held already stays, even if it is more.
  void set_limit(int64_t bytes) { limit_ = bytes; }

  // Whether there is room for what nobody waits for yet.
  bool HasRoom() const { return used_ < limit_; }

  // The size of a message, at most `wanted`, such that what all streams have
  // waiting for their readers fits in, as far as messages of a useful size do.
  int64_t MessageBytes(int64_t wanted) const {
    const int64_t share = limit_ / (kMessagesPerStream * (streams_ + 1));
    return std::min(wanted, std::max(share, kLeastMessageBytes));
  }

  // Counts a stream, and what gRPC holds for it, for as long as it lives.
  class Stream {
   public:
    explicit Stream(PageBudget& budget) : budget_(budget) {
      ++budget_.streams_;
      budget_.used_ += kStreamBytes;
    }
    ~Stream() {
      --budget_.streams_;
      budget_.used_ -= kStreamBytes;
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

   private:
    PageBudget& budget_;
  };

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
  // As StreamWriter::kWindow.
  static constexpr int64_t kMessagesPerStream = 4;
  static constexpr int64_t kLeastMessageBytes = 4 << 10;

  std::atomic<int64_t> limit_;
  std::atomic<int64_t> used_ = 0;
  std::atomic<int64_t> streams_ = 0;
};

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/runtime/clock.h"

namespace klarna::rpc {

// The calls of one shard that wait for its thread to begin them. Thread-safe.
class Backlog {
 public:
  // A call is handed to the thread; the thread begins one.
  void Add(runtime::Instant now);
  void Begin();

  // How long the next one to begin has waited.
  absl::Duration Wait(runtime::Instant now) const;

 private:
  mutable std::mutex mutex_;
  std::deque<runtime::Instant> waiting_ ABSL_GUARDED_BY(mutex_);
};

// Decides, before anything else is done for a call, whether the process takes
// it: a bounded number of streams and of changes, so many bytes of requests,
// and none where the thread that would serve it is too far behind, so that
// those it takes are served in time. Changes are taken for longer than reads,
// and small requests where large ones are not. Thread-safe.
//
//   absl::StatusOr<Admission::Ticket> ticket =
//       admission.Admit(Admission::Kind::kStream, shard.backlog().Wait(now),
//                       request.Length());
//   if (!ticket.ok()) ...RESOURCE_EXHAUSTED, reason OVERLOADED, RetryInfo...
class Admission {
 public:
  enum class Kind { kStream, kChange };

  // Of all requests under way. gRPC holds each a second time.
  static constexpr size_t kRequestBytes = size_t{64} << 20;
  // Those that are larger leave a quarter of it to others.
  static constexpr size_t kSmallRequest = size_t{64} << 10;

  // A call that was taken, for as long as it lasts.
  class Ticket {
   public:
    Ticket(std::atomic<int>& count, std::atomic<size_t>& held, size_t bytes)
        : count_(&count), held_(&held), bytes_(bytes) {}
    Ticket(Ticket&& other) noexcept
        : count_(std::exchange(other.count_, nullptr)),
          held_(other.held_),
          bytes_(other.bytes_) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (count_ == nullptr) return;
      --*count_;
      *held_ -= bytes_;
    }

   private:
    std::atomic<int>* count_;
    std::atomic<size_t>* held_;
    size_t bytes_;
  };

  Admission(int max_streams, int max_changes) { Use(max_streams, max_changes); }

  // For calls from now on.
  void Use(int max_streams, int max_changes);

  absl::StatusOr<Ticket> Admit(Kind kind, absl::Duration wait,
                               size_t request_bytes);

  int streams() const { return streams_.count; }
  size_t request_bytes() const { return request_bytes_; }

 private:
  struct Bound {
    std::atomic<int> most = 0;
    std::atomic<int> count = 0;
  };

  Bound streams_;
  Bound changes_;
  std::atomic<size_t> request_bytes_ = 0;
};

}  // namespace klarna::rpc

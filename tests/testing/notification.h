// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>

namespace klarna::testing {

// Something that happens once, in another thread.
//
//   Notification done;
//   loop.Post([&] { done.Notify(); });
//   done.Wait();
//
// As absl::Notification, but made of what ThreadSanitizer understands: Debian's
// abseil is built without it. May be destroyed as soon as Wait returns.
class Notification {
 public:
  void Notify() {
    const std::lock_guard<std::mutex> lock(mutex_);
    happened_ = true;
    changed_.notify_all();
  }

  void Wait() const {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return happened_; });
  }

  bool Happened() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return happened_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool happened_ = false;
};

}  // namespace klarna::testing

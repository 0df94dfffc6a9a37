// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/stream.h"

#include <utility>

namespace klarna::gateway {
namespace {

// Points at a coroutine's local for as long as that lives.
class ScopedPointer {
 public:
  ScopedPointer(runtime::OneShot<bool>*& slot, runtime::OneShot<bool>* value)
      : slot_(slot) {
    slot_ = value;
  }
  ~ScopedPointer() { slot_ = nullptr; }
  ScopedPointer(const ScopedPointer&) = delete;
  ScopedPointer& operator=(const ScopedPointer&) = delete;

 private:
  runtime::OneShot<bool>*& slot_;
};

}  // namespace

void StreamWriter::Write(std::string message) {
  untaken_.emplace_back(budget_, static_cast<int64_t>(message.size()));
  stream_.Write(std::move(message));
}

runtime::Task<bool> StreamWriter::Room(absl::Duration patience) {
  return Wait(budget_.HasRoom() ? kWindow - 1 : 0, patience);
}

runtime::Task<bool> StreamWriter::Taken(absl::Duration patience) {
  return Wait(0, patience);
}

runtime::Task<bool> StreamWriter::Wait(size_t most, absl::Duration patience) {
  if (untaken_.size() <= most) co_return true;
  waiting_for_ = most;
  runtime::OneShot<bool> event;
  ScopedPointer waiting(waiting_, &event);
  runtime::ScopedTimer timer(executor_, patience, [&event] {
    if (!event.is_set()) event.Set(false);
  });
  co_return co_await event;
}

void StreamWriter::OnTaken(size_t messages) {
  for (; messages > 0; --messages) untaken_.pop_front();
  if (waiting_ != nullptr && !waiting_->is_set() &&
      untaken_.size() <= waiting_for_) {
    waiting_->Set(true);
  }
}

}  // namespace klarna::gateway

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
  in_flight_ = true;
  stream_.Write(std::move(message));
}

runtime::Task<bool> StreamWriter::Taken(absl::Duration patience) {
  if (!in_flight_) co_return true;
  runtime::OneShot<bool> event;
  ScopedPointer waiting(waiting_, &event);
  runtime::ScopedTimer timer(executor_, patience, [&event] {
    if (!event.is_set()) event.Set(false);
  });
  co_return co_await event;
}

void StreamWriter::OnTaken() {
  in_flight_ = false;
  if (waiting_ != nullptr && !waiting_->is_set()) waiting_->Set(true);
}

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/gateway/page_budget.h"
#include "service/runtime/executor.h"
#include "service/runtime/task.h"

namespace klarna::gateway {

// The caller's end of a stream. Used on the call's executor.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;

  // Hands over one message. At most StreamWriter::kWindow of them wait to be
  // taken.
  virtual void Write(std::string message) = 0;

  // Ends the stream. The last call.
  virtual void Finish(const absl::Status& status) = 0;
};

// Writes a stream's messages and knows how long the reader takes. A few
// messages wait ahead of the reader, so that not each of them costs a turn of
// threads; what waits counts as pages do, and a process out of budget has one
// message a stream.
class StreamWriter {
 public:
  static constexpr size_t kWindow = 4;

  StreamWriter(runtime::Executor& executor, ResponseStream& stream,
               PageBudget& budget)
      : executor_(executor),
        stream_(stream),
        budget_(budget),
        counted_(budget) {}

  // There must be room.
  void Write(std::string message);

  // Waits for room for one more message, or until all are taken. False if that
  // is not so after `patience`; then waiting goes on with another call.
  runtime::Task<bool> Room(absl::Duration patience);
  runtime::Task<bool> Taken(absl::Duration patience);

  // To be called when the reader has taken that many messages.
  void OnTaken(size_t messages);

 private:
  // Waits until at most `most` messages are untaken.
  runtime::Task<bool> Wait(size_t most, absl::Duration patience);

  runtime::Executor& executor_;
  ResponseStream& stream_;
  PageBudget& budget_;
  const PageBudget::Stream counted_;
  std::deque<PageBudget::Lease> untaken_;
  runtime::OneShot<bool>* waiting_ = nullptr;
  size_t waiting_for_ = 0;  // Untaken messages at most.
};

}  // namespace klarna::gateway

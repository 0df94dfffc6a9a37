// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/runtime/executor.h"
#include "service/runtime/task.h"

namespace klarna::gateway {

// The caller's end of a stream. Used on the call's executor.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;

  // Hands over one message. At most one at a time: the next only after
  // StreamWriter::OnTaken.
  virtual void Write(std::string message) = 0;

  // Ends the stream. The last call.
  virtual void Finish(const absl::Status& status) = 0;
};

// Writes a stream's messages one by one and knows how long the reader takes.
class StreamWriter {
 public:
  StreamWriter(runtime::Executor& executor, ResponseStream& stream)
      : executor_(executor), stream_(stream) {}

  // The message before must have been taken.
  void Write(std::string message);

  // Waits until the reader has taken the message. False if it has not done so
  // after `patience`; then waiting goes on with another call.
  runtime::Task<bool> Taken(absl::Duration patience);

  // To be called when the reader has taken the message.
  void OnTaken();

 private:
  runtime::Executor& executor_;
  ResponseStream& stream_;
  bool in_flight_ = false;
  runtime::OneShot<bool>* waiting_ = nullptr;
};

}  // namespace klarna::gateway

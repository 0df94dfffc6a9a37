// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include "service/runtime/executor.h"
#include "service/runtime/task.h"

namespace klarna::runtime {

// Gives memory back to the system when a peak of load is over: the allocator
// keeps what was freed, and a process that once had ten thousand streams would
// stay as large for good. Belongs to one executor.
//
//   MemoryReturn memory(executor, [&] { return server.streams(); },
//                       &ReturnFreedMemory);
class MemoryReturn {
 public:
  // Asks for the load every few seconds, and calls `give_back` when it is less
  // than half of what it was at its peak.
  MemoryReturn(Executor& executor, std::function<int()> load,
               std::function<void()> give_back);

 private:
  void Look();

  Executor& executor_;
  const std::function<int()> load_;
  const std::function<void()> give_back_;
  int peak_ = 0;
  std::optional<ScopedTimer> timer_;
};

// What was freed, of the C library's allocator.
void ReturnFreedMemory();

}  // namespace klarna::runtime

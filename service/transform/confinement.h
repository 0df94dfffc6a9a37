// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace klarna::transform {

// What a worker may use.
inline constexpr int64_t kWorkerMemoryBytes = int64_t{256} << 20;
inline constexpr absl::Duration kRunProcessorTime = absl::Seconds(1);

// How a worker ends itself for want of memory.
inline constexpr int kOutOfMemoryExit = 86;

// Takes from this process, for good, all that a worker has no need of: memory
// beyond kWorkerMemoryBytes more than it has, further descriptors, files, core
// dumps, and every system call but those for memory, for time and for reading
// and writing what is open. Other calls fail with EPERM. To be called before
// anything foreign is read, while there is one thread. INTERNAL, saying what
// the system refused.
//
// Builds with sanitizers keep their system calls and their memory.
absl::Status ConfineThisProcess();

// While it lives, the process ends by SIGPROF when it has used
// kRunProcessorTime.
class ProcessorTimeLimit {
 public:
  ProcessorTimeLimit();
  ~ProcessorTimeLimit();
  ProcessorTimeLimit(const ProcessorTimeLimit&) = delete;
  ProcessorTimeLimit& operator=(const ProcessorTimeLimit&) = delete;
};

}  // namespace klarna::transform

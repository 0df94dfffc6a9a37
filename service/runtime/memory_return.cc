// SPDX-License-Identifier: Apache-2.0
#include "service/runtime/memory_return.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

namespace klarna::runtime {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(5);
// Less load leaves little behind.
constexpr int kPeak = 100;

}  // namespace

MemoryReturn::MemoryReturn(Executor& executor, std::function<int()> load,
                           std::function<void()> give_back)
    : executor_(executor),
      load_(std::move(load)),
      give_back_(std::move(give_back)) {
  timer_.emplace(executor_, kInterval, [this] { Look(); });
}

void MemoryReturn::Look() {
  const int load = load_();
  peak_ = std::max(peak_, load);
  if (peak_ >= kPeak && load * 2 < peak_) {
    give_back_();
    peak_ = load;
  }
  timer_.emplace(executor_, kInterval, [this] { Look(); });
}

void ReturnFreedMemory() { malloc_trim(0); }

}  // namespace klarna::runtime

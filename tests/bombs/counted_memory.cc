// SPDX-License-Identifier: Apache-2.0
#include "tests/bombs/counted_memory.h"

#include <malloc.h>

#include <cstdlib>
#include <new>

namespace klarna::bombs {
namespace {

// The tests have one thread.
size_t allocated = 0;
size_t peak = 0;

void* Count(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  allocated += malloc_usable_size(block);
  if (allocated > peak) peak = allocated;
  return block;
}

void Free(void* block) {
  if (block != nullptr) allocated -= malloc_usable_size(block);
  std::free(block);
}

}  // namespace

size_t AllocatedBytes() { return allocated; }
size_t PeakBytes() { return peak; }
void ResetPeak() { peak = allocated; }

}  // namespace klarna::bombs

void* operator new(size_t size) {
  return klarna::bombs::Count(std::malloc(size));
}
void* operator new(size_t size, std::align_val_t align) {
  const auto alignment = static_cast<size_t>(align);
  return klarna::bombs::Count(std::aligned_alloc(
      alignment, (size + alignment - 1) / alignment * alignment));
}
void operator delete(void* block) noexcept { klarna::bombs::Free(block); }
void operator delete(void* block, size_t) noexcept {
  klarna::bombs::Free(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  klarna::bombs::Free(block);
}
void operator delete(void* block, size_t, std::align_val_t) noexcept {
  klarna::bombs::Free(block);
}

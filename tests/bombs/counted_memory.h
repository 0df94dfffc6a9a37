// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace klarna::bombs {

// What this program has allocated by new and not given back, in bytes, and the
// most of it since the last reset. The program's operator new counts it.
size_t AllocatedBytes();
size_t PeakBytes();
void ResetPeak();

}  // namespace klarna::bombs

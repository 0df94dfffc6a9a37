// SPDX-License-Identifier: Apache-2.0
#include "client_stubs/cpp/request_id.h"

#include <cstdint>
#include <random>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace klarna::demo {

std::string NewRequestId() {
  const auto milliseconds =
      static_cast<uint64_t>(absl::ToUnixMillis(absl::Now()));
  std::random_device random;
  const uint32_t first = random();
  const uint32_t second = random();
  const uint32_t third = random();
  // "7" is the version; 8 to b, in the group after it, the variant.
  return absl::StrFormat("%08x-%04x-7%03x-%04x-%04x%08x", milliseconds >> 16,
                         milliseconds & 0xffff, first & 0xfff,
                         0x8000 | ((first >> 12) & 0x3fff), second & 0xffff,
                         third);
}

}  // namespace klarna::demo

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace klarna::runtime {

// The only source of randomness. Implementations are thread-safe; the system's
// is fit for keys and nonces.
class Random {
 public:
  virtual ~Random() = default;

  virtual uint64_t Next() = 0;

  // `size` random bytes.
  std::string Bytes(size_t size);

  // Uniform in [0, 1).
  double Uniform();
};

}  // namespace klarna::runtime

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace klarna::auth {

// Reads small files whole.
//
//   SystemFileReader files;
//   absl::StatusOr<std::string> text = files.Read("/etc/ca.pem", 1 << 20);
//
// Thread-safe. Errors say what is wrong, and not which file it was: a path that
// was mixed up with a secret must not reach a log.
class FileReader {
 public:
  virtual ~FileReader() = default;

  // The bytes of the file. NOT_FOUND, PERMISSION_DENIED, or FAILED_PRECONDITION
  // for a folder, a file of more than `max_bytes` and everything else.
  virtual absl::StatusOr<std::string> Read(const std::string& path,
                                           size_t max_bytes) const = 0;
};

// Files of the system.
class SystemFileReader final : public FileReader {
 public:
  absl::StatusOr<std::string> Read(const std::string& path,
                                   size_t max_bytes) const override;
};

}  // namespace klarna::auth

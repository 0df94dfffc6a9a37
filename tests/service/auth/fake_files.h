// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "service/auth/file_reader.h"

namespace klarna::auth {

// Files in memory, by path.
class FakeFiles final : public FileReader {
 public:
  explicit FakeFiles(std::map<std::string, std::string> files = {})
      : files_(std::move(files)) {}

  void Set(const std::string& path, std::string content) {
    files_[path] = std::move(content);
  }
  void Remove(const std::string& path) { files_.erase(path); }

  absl::StatusOr<std::string> Read(const std::string& path,
                                   size_t max_bytes) const override {
    const auto found = files_.find(path);
    if (found == files_.end()) return absl::NotFoundError("no such file");
    if (found->second.size() > max_bytes) {
      return absl::FailedPreconditionError("too large");
    }
    return found->second;
  }

 private:
  std::map<std::string, std::string> files_;
};

}  // namespace klarna::auth

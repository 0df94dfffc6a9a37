// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "service/auth/file_reader.h"

namespace klarna::config {

// Reads files and remembers what each of them held, to see when that changes.
//
//   WatchedFiles watched(files);
//   Load(watched);
//   ... watched.Look() != watched.seen() ...   // One of them has changed.
//
// Only content counts, and whether it can be read: not times, and not what a
// symbolic link points to. Not thread-safe.
class WatchedFiles final : public auth::FileReader {
 public:
  // `files` must outlive it.
  explicit WatchedFiles(const auth::FileReader& files) : files_(files) {}

  absl::StatusOr<std::string> Read(const std::string& path,
                                   size_t max_bytes) const override;

  // Forgets all files: before they are read anew.
  void Clear() { seen_.clear(); }

  // What was read since Clear, by path and digest, and what would be read now.
  using Contents = std::map<std::string, std::string>;
  Contents seen() const;
  Contents Look() const;

 private:
  struct Seen {
    size_t max_bytes;
    std::string digest;
  };

  const auth::FileReader& files_;
  mutable std::map<std::string, Seen> seen_;  // By path.
};

}  // namespace klarna::config

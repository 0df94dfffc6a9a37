// SPDX-License-Identifier: Apache-2.0
#include "service/config/watched_files.h"

#include "absl/strings/str_cat.h"
#include "service/auth/digest.h"
#include "service/auth/secret.h"

namespace klarna::config {
namespace {

std::string DigestOf(const absl::StatusOr<std::string>& content) {
  return content.ok() ? auth::Sha256(*content)
                      : absl::StrCat("error ", content.status().code());
}

}  // namespace

absl::StatusOr<std::string> WatchedFiles::Read(const std::string& path,
                                               size_t max_bytes) const {
  absl::StatusOr<std::string> content = files_.Read(path, max_bytes);
  seen_[path] = {max_bytes, DigestOf(content)};
  return content;
}

WatchedFiles::Contents WatchedFiles::seen() const {
  Contents contents;
  for (const auto& [path, seen] : seen_) contents[path] = seen.digest;
  return contents;
}

WatchedFiles::Contents WatchedFiles::Look() const {
  Contents contents;
  for (const auto& [path, seen] : seen_) {
    absl::StatusOr<std::string> content = files_.Read(path, seen.max_bytes);
    contents[path] = DigestOf(content);
    if (content.ok()) auth::Secret::Take(*content);  // Wipes it.
  }
  return contents;
}

}  // namespace klarna::config

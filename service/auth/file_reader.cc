// SPDX-License-Identifier: Apache-2.0
#include "service/auth/file_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace klarna::auth {
namespace {

absl::Status SystemError(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(
          "no such file; check the path, and that the volume is mounted");
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(
          "the gateway's user may not read this file; check its mode and "
          "owner");
    case EISDIR:
      return absl::FailedPreconditionError(
          "this is a folder; name the file in it");
    default:
      return absl::FailedPreconditionError(
          absl::StrCat("the file cannot be read (errno ", error, ")"));
  }
}

// Fills `content` up to its size, then cuts it to what was there.
absl::Status ReadAll(int descriptor, std::string& content) {
  size_t size = 0;
  while (size < content.size()) {
    const ssize_t got =
        read(descriptor, content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(errno);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  content.resize(size);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> SystemFileReader::Read(const std::string& path,
                                                   size_t max_bytes) const {
  // Without O_NONBLOCK, opening a pipe waits for someone to write.
  const int descriptor =
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return SystemError(errno);
  struct stat file;
  if (fstat(descriptor, &file) != 0 ||
      !(S_ISREG(file.st_mode) || S_ISDIR(file.st_mode))) {
    close(descriptor);
    return absl::FailedPreconditionError(
        "this is a pipe, a device or a socket; name a file");
  }
  // In one allocation, so that no part of a secret stays behind in another.
  std::string content(max_bytes + 1, '\0');
  const absl::Status status = ReadAll(descriptor, content);
  close(descriptor);
  if (!status.ok()) return status;
  if (content.size() > max_bytes) {
    return absl::FailedPreconditionError(
        absl::StrCat("the file has more than ", max_bytes,
                     " bytes; check that it is the right one"));
  }
  return content;
}

}  // namespace klarna::auth

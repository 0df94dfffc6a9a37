// SPDX-License-Identifier: Apache-2.0
#include "service/auth/secret_source.h"

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace klarna::auth {
namespace {

constexpr std::string_view kByteOrderMarks[] = {"\xEF\xBB\xBF", "\xFE\xFF",
                                                "\xFF\xFE"};

absl::Status CheckContent(std::string_view content) {
  if (content.empty()) {
    return absl::FailedPreconditionError("the secret is empty");
  }
  for (const std::string_view mark : kByteOrderMarks) {
    if (content.starts_with(mark)) {
      return absl::FailedPreconditionError(
          "the secret begins with a byte order mark; save it as plain text "
          "without one");
    }
  }
  if (content.find('\0') != std::string_view::npos) {
    return absl::FailedPreconditionError(
        "the secret holds a NUL byte: a half-written file, or not text");
  }
  if (content.size() > kMaxSecretBytes) {
    return absl::FailedPreconditionError(
        absl::StrCat("the secret has more than ", kMaxSecretBytes,
                     " bytes; check that it is the right one"));
  }
  return absl::OkStatus();
}

std::string_view WithoutNewline(std::string_view text) {
  if (!text.ends_with('\n')) return text;
  text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// Wipes `content`, whatever comes of it.
absl::StatusOr<Secret> MakeSecret(std::string& content) {
  const Secret whole = Secret::Take(content);
  const std::string_view bytes = WithoutNewline(whole.Reveal());
  if (absl::Status status = CheckContent(bytes); !status.ok()) return status;
  return Secret(bytes);
}

}  // namespace

absl::StatusOr<Secret> SecretFromFile(const std::string& path,
                                      const FileReader& files) {
  // One more newline than a secret may have.
  absl::StatusOr<std::string> content = files.Read(path, kMaxSecretBytes + 2);
  if (!content.ok()) return content.status();
  return MakeSecret(*content);
}

absl::StatusOr<Secret> SecretFromEnvironment(
    const std::string& name, const EnvironmentLookup& environment) {
  std::optional<std::string> content = environment(name);
  if (!content.has_value()) {
    return absl::NotFoundError("the environment variable is not set");
  }
  return MakeSecret(*content);
}

}  // namespace klarna::auth

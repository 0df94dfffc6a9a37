// SPDX-License-Identifier: Apache-2.0
#include "service/http/transport.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace klarna::http {

absl::string_view FindHeader(const Headers& headers, absl::string_view name) {
  for (const Header& header : headers) {
    if (absl::EqualsIgnoreCase(header.first, name)) return header.second;
  }
  return {};
}

std::string PlainHeader(const Headers& headers, absl::string_view name) {
  constexpr size_t kMaxBytes = 1024;
  const absl::string_view value = FindHeader(headers, name);
  const bool plain = std::all_of(value.begin(), value.end(),
                                 [](char c) { return c >= 0x20 && c < 0x7f; });
  return plain && value.size() <= kMaxBytes ? std::string(value)
                                            : std::string();
}

absl::string_view TransferErrorName(TransferError error) {
  switch (error) {
    case TransferError::kNone:
      return "NONE";
    case TransferError::kBadRequest:
      return "BAD_REQUEST";
    case TransferError::kResolve:
      return "RESOLVE";
    case TransferError::kConnect:
      return "CONNECT";
    case TransferError::kTls:
      return "TLS";
    case TransferError::kTimeout:
      return "TIMEOUT";
    case TransferError::kReset:
      return "RESET";
    case TransferError::kTruncated:
      return "TRUNCATED";
    case TransferError::kMalformed:
      return "MALFORMED";
    case TransferError::kHeadersTooLarge:
      return "HEADERS_TOO_LARGE";
    case TransferError::kBodyTooLarge:
      return "BODY_TOO_LARGE";
  }
  return "UNKNOWN";
}

}  // namespace klarna::http

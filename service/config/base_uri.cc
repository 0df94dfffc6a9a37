// SPDX-License-Identifier: Apache-2.0
#include "service/config/base_uri.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace klarna::config {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kHttp = "http://";

bool IsNumber(std::string_view text, int max) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end && value >= 0 &&
         value <= max;
}

bool IsIpv4(std::string_view host) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(absl::string_view(host.data(), host.size()), '.');
  return parts.size() == 4 &&
         std::all_of(parts.begin(), parts.end(), [](absl::string_view part) {
           return IsNumber({part.data(), part.size()}, 255);
         });
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" ||
         (host.starts_with("127.") && IsIpv4(host));
}

bool IsHost(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) {
    host.remove_prefix(1);
    host.remove_suffix(1);
    return host.find(':') != std::string_view::npos &&
           host.find_first_not_of("0123456789abcdefABCDEF:.") ==
               std::string_view::npos;
  }
  const auto allowed = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
           c == '.';
  };
  return !host.empty() && host.size() <= 253 && host.front() != '.' &&
         host.front() != '-' && std::all_of(host.begin(), host.end(), allowed);
}

// `path` is empty or begins with a slash and does not end with one.
bool IsPath(std::string_view path) {
  const auto allowed = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
           c == '.' || c == '_' || c == '~' || c == '/';
  };
  if (!std::all_of(path.begin(), path.end(), allowed)) return false;
  if (path.empty()) return true;
  for (absl::string_view segment : absl::StrSplit(
           absl::string_view(path.data() + 1, path.size() - 1), '/')) {
    if (segment.empty() || segment == "." || segment == "..") return false;
  }
  return true;
}

struct Authority {
  std::string_view host;
  std::string_view port = {};  // Empty: none given.
  bool has_port = false;
};

Authority SplitAuthority(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  const size_t bracket = authority.rfind(']');
  if (colon == std::string_view::npos ||
      (bracket != std::string_view::npos && bracket > colon)) {
    return {.host = authority};
  }
  return {.host = authority.substr(0, colon),
          .port = authority.substr(colon + 1),
          .has_port = true};
}

}  // namespace

absl::StatusOr<std::string> NormalizeBaseUri(std::string_view uri) {
  if (!uri.starts_with(kHttps) && !uri.starts_with(kHttp)) {
    return absl::InvalidArgumentError("must begin with https://");
  }
  const bool plain = uri.starts_with(kHttp);
  std::string_view rest = uri.substr((plain ? kHttp : kHttps).size());
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return absl::InvalidArgumentError("must end before any `?` or `#`");
  }
  if (rest.find('@') != std::string_view::npos) {
    return absl::InvalidArgumentError(
        "must hold no user; put it under `credentials`");
  }
  if (rest.ends_with('/')) {
    rest.remove_suffix(1);
    uri.remove_suffix(1);
  }
  const size_t slash = std::min(rest.find('/'), rest.size());
  const Authority authority = SplitAuthority(rest.substr(0, slash));
  if (!IsHost(authority.host) ||
      (authority.has_port && !IsNumber(authority.port, 65535))) {
    return absl::InvalidArgumentError(
        "must name a host and perhaps a port, such as https://host:8443");
  }
  if (plain && !IsLoopback(authority.host)) {
    return absl::InvalidArgumentError(
        "must begin with https://; plain http is for this machine only");
  }
  if (!IsPath(rest.substr(slash))) {
    return absl::InvalidArgumentError(
        "has a path with an empty, dotted or escaped segment");
  }
  return std::string(uri);
}

}  // namespace klarna::config

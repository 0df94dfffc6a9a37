// SPDX-License-Identifier: Apache-2.0
#include "service/http/request_check.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "service/http/grammar.h"

namespace klarna::http {
namespace {

constexpr size_t kMaxUrlBytes = 8192;
constexpr size_t kMaxHeaderBytes = 32768;
constexpr size_t kMaxHostBytes = 253;
constexpr size_t kMaxLabelBytes = 63;

constexpr std::array<absl::string_view, 5> kMethods = {"GET", "POST", "PUT",
                                                       "PATCH", "DELETE"};

// These decide the framing, the connection or the target: the transport's own.
constexpr std::array<absl::string_view, 11> kOwnHeaders = {"accept-encoding",
                                                           "connection",
                                                           "content-length",
                                                           "expect",
                                                           "host",
                                                           "keep-alive",
                                                           "proxy-connection",
                                                           "te",
                                                           "trailer",
                                                           "transfer-encoding",
                                                           "upgrade"};

absl::Status Refuse(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("HTTP request refused: ", what));
}

bool IsPrintable(char c) { return c == '\t' || (c >= ' ' && c <= '~'); }

// RFC 3986: unreserved, reserved without '#' and the brackets, and '%'.
bool IsUrlChar(char c) {
  return absl::ascii_isalnum(c) ||
         absl::string_view("-._~:/?@!$&'()*+,;=%").find(c) !=
             absl::string_view::npos;
}

absl::Status CheckHeader(const Header& header) {
  const auto& [name, value] = header;
  if (!IsToken(name)) {
    return Refuse(
        "a header's name is empty or has a character outside of RFC "
        "9110's tokens");
  }
  if (!std::all_of(value.begin(), value.end(), IsPrintable)) {
    return Refuse(absl::StrCat("the value of header ", name,
                               " has a character that is not printable ASCII"));
  }
  for (absl::string_view own : kOwnHeaders) {
    if (absl::EqualsIgnoreCase(name, own)) {
      return Refuse(absl::StrCat("header ", name, " is set by the transport"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckHeaders(const Headers& headers) {
  size_t bytes = 0;
  for (const Header& header : headers) {
    if (absl::Status status = CheckHeader(header); !status.ok()) return status;
    bytes += header.first.size() + header.second.size();
  }
  if (bytes > kMaxHeaderBytes) {
    return Refuse(
        absl::StrCat("more than ", kMaxHeaderBytes, " bytes of headers"));
  }
  return absl::OkStatus();
}

// Names such as 127.1, 2130706433 and 0x7f.1 are IPv4 addresses to many
// resolvers, libcurl's URL parser among them.
bool LooksLikeNumber(absl::string_view label) {
  return absl::StartsWithIgnoreCase(label, "0x") || IsDigits(label);
}

bool IsHostName(absl::string_view host) {
  if (host.size() > kMaxHostBytes) return false;
  const std::vector<absl::string_view> labels = absl::StrSplit(host, '.');
  for (absl::string_view label : labels) {
    if (label.empty() || label.size() > kMaxLabelBytes) return false;
    for (char c : label) {
      if (!absl::ascii_isalnum(c) && c != '-' && c != '_') return false;
    }
  }
  return !LooksLikeNumber(labels.back());
}

absl::Status ReadHost(absl::string_view host, RequestTarget& target) {
  if (absl::ConsumePrefix(&host, "[")) {
    if (!absl::ConsumeSuffix(&host, "]"))
      return Refuse("unclosed [ in the URL");
    target.address = IpAddress::Parse(host);
    if (!target.address || host.find(':') == absl::string_view::npos) {
      return Refuse(
          "what stands in brackets in the URL is not an IPv6 address");
    }
  } else {
    target.address = IpAddress::Parse(host);
    if (!target.address && !IsHostName(host)) {
      return Refuse("the URL's host is neither a host name nor an address");
    }
  }
  target.host = std::string(host);
  target.loopback = target.address ? target.address->IsLoopback()
                                   : absl::EqualsIgnoreCase(host, "localhost");
  return absl::OkStatus();
}

absl::Status ReadAuthority(absl::string_view authority, RequestTarget& target) {
  if (authority.find('@') != absl::string_view::npos) {
    return Refuse("the URL has a user before its host");
  }
  const size_t colon = authority.rfind(':');
  if (colon == absl::string_view::npos || authority.back() == ']') {
    return ReadHost(authority, target);
  }
  uint32_t port = 0;
  const absl::string_view digits = authority.substr(colon + 1);
  if (!IsDigits(digits) || !absl::SimpleAtoi(digits, &port) || port == 0 ||
      port > 65535) {
    return Refuse("the URL's port is not a number from 1 to 65535");
  }
  target.port = static_cast<uint16_t>(port);
  return ReadHost(authority.substr(0, colon), target);
}

absl::Status CheckPathAndQuery(absl::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (!IsUrlChar(text[i])) {
      return Refuse("the URL has a character that must be percent-encoded");
    }
    if (text[i] == '%' &&
        !(i + 2 < text.size() && absl::ascii_isxdigit(text[i + 1]) &&
          absl::ascii_isxdigit(text[i + 2]))) {
      return Refuse("the URL has a % without two hexadecimal digits");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<RequestTarget> ReadUrl(absl::string_view url) {
  if (url.size() > kMaxUrlBytes) {
    return Refuse(absl::StrCat("a URL of more than ", kMaxUrlBytes, " bytes"));
  }
  RequestTarget target;
  if (absl::ConsumePrefix(&url, "http://")) {
    target.tls = false;
    target.port = 80;
  } else if (!absl::ConsumePrefix(&url, "https://")) {
    return Refuse("the URL does not begin with https://");
  }
  const size_t slash = url.find('/');
  if (slash == absl::string_view::npos || slash == 0) {
    return Refuse("the URL needs a host and a path that begins with /");
  }
  absl::Status status = ReadAuthority(url.substr(0, slash), target);
  if (status.ok()) status = CheckPathAndQuery(url.substr(slash));
  if (!status.ok()) return status;
  if (!target.tls && !target.loopback) {
    return Refuse("plain http to a host that is not loopback; use https");
  }
  return target;
}

}  // namespace

absl::StatusOr<RequestTarget> CheckRequest(const HttpRequest& request) {
  if (std::find(kMethods.begin(), kMethods.end(), request.method) ==
      kMethods.end()) {
    return Refuse("the method is none of GET, POST, PUT, PATCH and DELETE");
  }
  if (request.method == "GET" && !request.body.empty()) {
    return Refuse("a GET with a body");
  }
  if (absl::Status status = CheckHeaders(request.headers); !status.ok()) {
    return status;
  }
  return ReadUrl(request.url);
}

}  // namespace klarna::http

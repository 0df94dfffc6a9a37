// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/bound_call.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/http/request_check.h"
#include "service/http/transport.h"
#include "tests/fuzz/require.h"
#include "tests/lossless/operation.h"

namespace klarna::fuzz {
namespace {

constexpr char kHost[] = "api.klarna.example";

bool IsUnreserved(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// Unreserved characters and the escapes of all others.
void CheckEncoded(absl::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsUnreserved(text[i])) continue;
    Require(text[i] == '%' && i + 2 < text.size() &&
                absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 1])) &&
                absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 2])),
            absl::StrCat("not encoded: ", text));
    i += 2;
  }
}

void CheckQuery(absl::string_view query) {
  if (query.empty()) return;
  for (absl::string_view parameter : absl::StrSplit(query, '&')) {
    const std::vector<absl::string_view> sides =
        absl::StrSplit(parameter, absl::MaxSplits('=', 1));
    Require(sides.size() == 2 && !sides[0].empty(),
            absl::StrCat("not a parameter: ", parameter));
    CheckEncoded(sides[0]);
    CheckEncoded(sides[1]);
  }
}

}  // namespace

std::vector<std::string> SegmentsOf(std::string_view path) {
  const absl::string_view text(path.data(), path.size());
  Require(!path.empty() && path.front() == '/', "not a path");
  for (absl::string_view segment : absl::StrSplit(text.substr(1), '/')) {
    Require(!segment.empty() && segment != "." && segment != "..",
            absl::StrCat("a segment that servers resolve: ", text));
    CheckEncoded(segment);
  }
  return lossless::Segments(text);
}

void CheckCall(const rest::BoundRequest& call) {
  SegmentsOf(call.path);
  CheckQuery(call.query);
  const http::HttpRequest request{
      .method = call.method,
      .url = absl::StrCat("https://", kHost, call.Target()),
      .headers = call.headers,
      .body = call.body};
  const auto target = http::CheckRequest(request);
  Require(target.ok(), target.status().ToString());
  Require(target->host == kHost && target->port == 443 && target->tls,
          request.url);
}

}  // namespace klarna::fuzz

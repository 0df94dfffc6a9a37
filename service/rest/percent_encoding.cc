// SPDX-License-Identifier: Apache-2.0
#include "service/rest/percent_encoding.h"

#include "absl/strings/ascii.h"

namespace klarna::rest {

void AppendPercentEncoded(absl::string_view text, std::string& out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (unsigned char c : text) {
    if (absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' ||
        c == '~') {
      out.push_back(static_cast<char>(c));
    } else {
      out.push_back('%');
      out.push_back(kHex[c >> 4]);
      out.push_back(kHex[c & 15]);
    }
  }
}

}  // namespace klarna::rest

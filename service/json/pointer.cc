// SPDX-License-Identifier: Apache-2.0
#include "service/json/pointer.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace klarna::json {

void AppendPointerToken(std::string_view name, std::string& pointer) {
  pointer.push_back('/');
  for (const char c : name) {
    if (c == '~') {
      pointer.append("~0");
    } else if (c == '/') {
      pointer.append("~1");
    } else {
      pointer.push_back(c);
    }
  }
}

void AppendPointerIndex(size_t index, std::string& pointer) {
  absl::StrAppend(&pointer, "/", index);
}

bool PointerReader::Next(std::string& token) {
  token.clear();
  if (rest_.empty()) return false;
  ok_ = rest_.front() == '/';
  size_t i = 1;
  for (; ok_ && i < rest_.size() && rest_[i] != '/'; ++i) {
    if (rest_[i] != '~') {
      token.push_back(rest_[i]);
      continue;
    }
    ++i;
    ok_ = i < rest_.size() && (rest_[i] == '0' || rest_[i] == '1');
    if (ok_) token.push_back(rest_[i] == '0' ? '~' : '/');
  }
  if (ok_) rest_.remove_prefix(i);
  return ok_;
}

std::optional<size_t> ListIndex(std::string_view token, size_t size) {
  constexpr size_t kMaxDigits = 9;
  if (token == "-") return size;
  if (token.empty() || token.size() > kMaxDigits) return std::nullopt;
  if (token.size() > 1 && token[0] == '0') return std::nullopt;
  size_t index = 0;
  for (const char c : token) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      return std::nullopt;
    }
    index = index * 10 + static_cast<size_t>(c - '0');
  }
  if (index > size) return std::nullopt;
  return index;
}

}  // namespace klarna::json

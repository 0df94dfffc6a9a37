// SPDX-License-Identifier: Apache-2.0
#include "service/json/scanner.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/json/json_to_wire.h"
#include "service/json/string_literal.h"
#include "service/json/utf8.h"
#include "service/json/wide.h"

namespace klarna::json {

Scanner::Scanner(std::string_view json)
    : begin_(json.data()),
      end_(json.data() + json.size()),
      tokens_left_(kMaxTokens) {}

absl::Status Scanner::status() const {
  if (ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("invalid JSON at byte ", problem_offset_, ": ", problem_));
}

const char* Scanner::Fail(const char* p, const char* problem) {
  if (problem_ == nullptr) {
    problem_ = problem;
    problem_offset_ = static_cast<size_t>(p - begin_);
  }
  return nullptr;
}

const char* Scanner::Start() {
  const std::string_view json(begin_, static_cast<size_t>(end_ - begin_));
  if (json.size() > kMaxJsonSize) return Fail(begin_, "too large");
  const size_t valid = ValidUtf8Prefix(json);
  if (valid != json.size()) return Fail(begin_ + valid, "not UTF-8");
  const char* p = SkipSpace(begin_);
  if (p == end_) return Fail(p, "it is empty");
  CountTokens(1);
  return p;
}

const char* Scanner::Finish(const char* p) {
  p = SkipSpace(p);
  return p == end_ ? p : Fail(p, "more text after the value");
}

const char* Scanner::SkipSpaceSlow(const char* p) const {
  while (p != end_ && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
    ++p;
  }
  return p;
}

const char* Scanner::SkipValue(const char* p, int depth) {
  if (p == end_) return Fail(p, kTruncated);
  switch (*p) {
    case '{':
      return SkipObject(p, depth + 1);
    case '[':
      return SkipArray(p, depth + 1);
    case '"':
      return SkipString(p);
    case 't':
      return SkipWord(p, "true");
    case 'f':
      return SkipWord(p, "false");
    case 'n':
      return SkipWord(p, "null");
    default:
      return SkipNumber(p);
  }
}

const char* Scanner::SkipObject(const char* p, int depth) {
  if (depth > kMaxDepth) return Fail(p, kTooDeep);
  const size_t mark = keys_.Mark();
  p = SkipSpace(p + 1);
  if (p != end_ && *p == '}') return p + 1;
  do {
    Key key;
    p = ReadKey(p, key);
    if (p == nullptr) return nullptr;
    keys_.Add(key.text, key.offset);
    if (!CountTokens(2)) return Fail(p, kTooManyTokens);
    p = SkipValue(p, depth);
    if (p == nullptr) return nullptr;
    p = NextItem(p, '}');
    if (p == nullptr) return nullptr;
  } while (*p != '}');
  return CloseObject(p, mark);
}

const char* Scanner::CloseObject(const char* p, size_t mark) {
  if (const auto repeated = keys_.Close(mark)) {
    return Fail(begin_ + *repeated, kDuplicateKey);
  }
  return p + 1;
}

const char* Scanner::SkipArray(const char* p, int depth) {
  if (depth > kMaxDepth) return Fail(p, kTooDeep);
  p = SkipSpace(p + 1);
  if (p != end_ && *p == ']') return p + 1;
  do {
    if (!CountTokens(1)) return Fail(p, kTooManyTokens);
    p = SkipValue(p, depth);
    if (p == nullptr) return nullptr;
    p = NextItem(p, ']');
    if (p == nullptr) return nullptr;
  } while (*p != ']');
  return p + 1;
}

const char* Scanner::ReadKey(const char* p, Key& key) {
  if (p == end_) return Fail(p, kTruncated);
  if (*p != '"') return Fail(p, "expected a key in quotes");
  const char* const start = p;
  p = SkipString(p);
  if (p == nullptr) return nullptr;
  if (p - start > kMaxKeySize) return Fail(start, "a key is too long");
  std::string_view body(start + 1, static_cast<size_t>(p - start - 2));
  if (body.find('\\') != body.npos) {
    char* const text = keys_.Allocate(body.size());
    const char* const text_end = Unescape(body, text);
    if (text_end == nullptr) return Fail(start, "lone surrogate in a key");
    body = std::string_view(text, static_cast<size_t>(text_end - text));
  }
  key.text = body;
  key.offset = static_cast<size_t>(start - begin_);
  p = SkipSpace(p);
  if (p == end_) return Fail(p, kTruncated);
  if (*p != ':') return Fail(p, "expected a colon after the key");
  return SkipSpace(p + 1);
}

const char* Scanner::SkipString(const char* p) {
  ++p;
  while (true) {
    p = FindSpecial(p, end_);
    if (p == end_) return Fail(p, kTruncated);
    if (*p == '"') return p + 1;
    if (*p != '\\') return Fail(p, "control character in a string");
    p = SkipEscape(p);
    if (p == nullptr) return nullptr;
  }
}

const char* Scanner::SkipEscape(const char* p) {
  constexpr const char* kBadEscape = "unknown escape in a string";
  ++p;
  if (p == end_) return Fail(p, kTruncated);
  if (*p != 'u') {
    constexpr std::string_view kShort = "\"\\/bfnrt";
    return kShort.find(*p) != kShort.npos ? p + 1 : Fail(p, kBadEscape);
  }
  ++p;
  for (int i = 0; i < 4; ++i, ++p) {
    if (p == end_) return Fail(p, kTruncated);
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(*p))) {
      return Fail(p, kBadEscape);
    }
  }
  return p;
}

const char* Scanner::SkipWord(const char* p, std::string_view word) {
  for (const char c : word) {
    if (p == end_) return Fail(p, kTruncated);
    if (*p != c) return Fail(p, "not a JSON value");
    ++p;
  }
  return p;
}

const char* Scanner::SkipDigits(const char* p) {
  if (p == end_) return Fail(p, kTruncated);
  if (!absl::ascii_isdigit(static_cast<unsigned char>(*p))) {
    return Fail(p, "expected a digit");
  }
  while (p != end_ && absl::ascii_isdigit(static_cast<unsigned char>(*p))) ++p;
  return p;
}

const char* Scanner::SkipNumber(const char* p) {
  if (p != end_ && *p == '-') {
    ++p;
  } else if (p == end_ ||
             !absl::ascii_isdigit(static_cast<unsigned char>(*p))) {
    return Fail(p, "not a JSON value");
  }
  const char* const integer = p;
  p = SkipDigits(p);
  if (p == nullptr) return nullptr;
  if (*integer == '0' && p - integer > 1) {
    return Fail(integer, "leading zero in a number");
  }
  if (p != end_ && *p == '.') {
    p = SkipDigits(p + 1);
    if (p == nullptr) return nullptr;
  }
  if (p != end_ && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p != end_ && (*p == '+' || *p == '-')) ++p;
    p = SkipDigits(p);
  }
  return p;
}

absl::Status CheckJson(std::string_view json) {
  Scanner scanner(json);
  const char* p = scanner.Start();
  if (p != nullptr) p = scanner.SkipValue(p, 0);
  if (p != nullptr) scanner.Finish(p);
  return scanner.status();
}

}  // namespace klarna::json

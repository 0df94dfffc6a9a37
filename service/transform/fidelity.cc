// SPDX-License-Identifier: Apache-2.0
#include "service/transform/fidelity.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "service/json/json_to_wire.h"
#include "service/json/pointer.h"
#include "service/json/scanner.h"
#include "service/json/string_literal.h"

namespace klarna::transform {
namespace {

using json::Scanner;

// The value of a decimal number: its digits, without zeros at either end, and
// the power of ten of the last one. Zero has no digits.
struct Decimal {
  std::string digits;
  int64_t exponent = 0;

  bool whole() const { return digits.empty() || exponent >= 0; }
  friend bool operator==(const Decimal&, const Decimal&) = default;
};

// `text` is a JSON number, or one as std::to_chars writes it, whose exponent a
// double has taken.
Decimal ParseDecimal(std::string_view text) {
  Decimal decimal;
  const size_t e = text.find_first_of("eE");
  bool fraction = false;
  for (const char c : text.substr(0, e)) {
    if (c == '.') fraction = true;
    if (c < '0' || c > '9') continue;
    if (fraction) --decimal.exponent;
    if (c != '0' || !decimal.digits.empty()) decimal.digits.push_back(c);
  }
  if (decimal.digits.empty()) return {};
  if (e != text.npos) {
    const size_t start = text[e + 1] == '+' ? e + 2 : e + 1;
    int64_t exponent = 0;
    std::from_chars(text.data() + start, text.data() + text.size(), exponent);
    decimal.exponent += exponent;
  }
  while (decimal.digits.back() == '0') {
    decimal.digits.pop_back();
    ++decimal.exponent;
  }
  return decimal;
}

class Walker {
 public:
  explicit Walker(std::string_view json) : scanner_(json) {}

  absl::Status Check() {
    const char* p = scanner_.Start();
    if (p != nullptr) p = Value(p, 0);
    if (p != nullptr) scanner_.Finish(p);
    return problem_.ok() ? scanner_.status() : problem_;
  }

 private:
  const char* Value(const char* p, int depth) {
    if (p == scanner_.end()) return scanner_.Fail(p, Scanner::kTruncated);
    if (*p == '{') return Object(p, depth + 1);
    if (*p == '[') return Array(p, depth + 1);
    const char* const end = scanner_.SkipValue(p, depth);
    if (end == nullptr) return nullptr;
    const std::string_view text(p, static_cast<size_t>(end - p));
    if (*p == '"') return String(text) ? end : nullptr;
    const bool number = *p == '-' || (*p >= '0' && *p <= '9');
    if (!number || SurvivesJq(text)) return end;
    return Refuse(
        "jq would change this number; whole numbers up to 9007199254740991 and "
        "fractions of up to 15 digits pass");
  }

  const char* Object(const char* p, int depth) {
    if (depth > json::kMaxDepth) return scanner_.Fail(p, Scanner::kTooDeep);
    const size_t mark = scanner_.keys().Mark();
    const size_t outer = pointer_.size();
    p = scanner_.SkipSpace(p + 1);
    if (p != scanner_.end() && *p == '}') return p + 1;
    do {
      Scanner::Key key;
      p = scanner_.ReadKey(p, key);
      if (p == nullptr) return nullptr;
      scanner_.keys().Add(key.text, key.offset);
      if (!scanner_.CountTokens(2)) {
        return scanner_.Fail(p, Scanner::kTooManyTokens);
      }
      json::AppendPointerToken(key.text, pointer_);
      p = Value(p, depth);
      pointer_.resize(outer);
      if (p != nullptr) p = scanner_.NextItem(p, '}');
      if (p == nullptr) return nullptr;
    } while (*p != '}');
    return scanner_.CloseObject(p, mark);
  }

  const char* Array(const char* p, int depth) {
    if (depth > json::kMaxDepth) return scanner_.Fail(p, Scanner::kTooDeep);
    const size_t outer = pointer_.size();
    p = scanner_.SkipSpace(p + 1);
    if (p != scanner_.end() && *p == ']') return p + 1;
    for (size_t index = 0;; ++index) {
      if (!scanner_.CountTokens(1)) {
        return scanner_.Fail(p, Scanner::kTooManyTokens);
      }
      json::AppendPointerIndex(index, pointer_);
      p = Value(p, depth);
      pointer_.resize(outer);
      if (p != nullptr) p = scanner_.NextItem(p, ']');
      if (p == nullptr) return nullptr;
      if (*p == ']') return p + 1;
    }
  }

  // Half a surrogate pair has no UTF-8 form; jq puts U+FFFD in its place.
  bool String(std::string_view literal) {
    const std::string_view body = literal.substr(1, literal.size() - 2);
    if (body.find("\\u") == body.npos) return true;
    std::string value(body.size(), '\0');
    if (json::Unescape(body, value.data()) != nullptr) return true;
    Refuse("holds half a surrogate pair, which jq would change");
    return false;
  }

  const char* Refuse(absl::string_view why) {
    problem_ = absl::InvalidArgumentError(absl::StrCat(pointer_, ": ", why));
    return nullptr;
  }

  Scanner scanner_;
  std::string pointer_;
  absl::Status problem_;
};

}  // namespace

bool SurvivesJq(std::string_view number) {
  double value = 0;
  const char* const end = number.data() + number.size();
  if (std::from_chars(number.data(), end, value).ec != std::errc()) {
    return false;
  }
  char shortest[64];
  const auto written =
      std::to_chars(shortest, shortest + sizeof(shortest), value);
  const Decimal given = ParseDecimal(number);
  if (given.whole() && std::fabs(value) > kMaxWholeNumber) return false;
  return given ==
         ParseDecimal({shortest, static_cast<size_t>(written.ptr - shortest)});
}

absl::Status CheckFidelity(std::string_view json) {
  return Walker(json).Check();
}

}  // namespace klarna::transform

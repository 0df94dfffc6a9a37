// SPDX-License-Identifier: Apache-2.0
//
// A Scanner walks a JSON document by the letter of RFC 8259: it checks a value
// and says where it ends, keeping nothing of it.
//
//   Scanner scanner(json);
//   const char* p = scanner.Start();            // the first byte of the value
//   if (p != nullptr) p = scanner.SkipValue(p, 0);
//   if (p != nullptr) scanner.Finish(p);        // nothing but space may follow
//   if (!scanner.ok()) return scanner.status();
//
// Every function takes a position and returns the one after what it consumed,
// nullptr when the document is refused; the first refusal is kept. Refused are
// also broken UTF-8, a key that occurs twice in an object, a key with a lone
// surrogate or longer than kMaxKeySize, nesting deeper than kMaxDepth, and more
// than kMaxTokens values and keys. Not thread-safe; the document must outlive
// it.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "service/json/key_set.h"

namespace klarna::json {

// Of a key with its quotes: it may be repeated in pointers.
inline constexpr ptrdiff_t kMaxKeySize = ptrdiff_t{1} << 16;

class Scanner {
 public:
  explicit Scanner(std::string_view json);

  const char* end() const { return end_; }
  bool ok() const { return problem_ == nullptr; }
  // The document was refused because it ends where more must follow.
  bool truncated() const { return problem_ == kTruncated; }
  // INVALID_ARGUMENT with the byte offset.
  absl::Status status() const;

  // Checks size and UTF-8, and finds the root value.
  const char* Start();
  // Checks that only space follows the root value.
  const char* Finish(const char* p);

  const char* SkipSpace(const char* p) const {
    if (p != end_ && static_cast<unsigned char>(*p) <= ' ') {
      return SkipSpaceSlow(p);
    }
    return p;
  }

  // Checks the value that begins at `p`, within `depth` objects and arrays.
  const char* SkipValue(const char* p, int depth);

  struct Key {
    std::string_view text;  // escapes resolved
    size_t offset = 0;
  };
  // Reads a key and its colon, and finds the member's value. A key with
  // escapes is stored in keys().
  const char* ReadKey(const char* p, Key& key);

  // Finds what follows a member or an element: the next one after a comma, or
  // `close`, which is left in place.
  const char* NextItem(const char* p, char close) {
    p = SkipSpace(p);
    if (p == end_) return Fail(p, kTruncated);
    if (*p == close) return p;
    if (*p != ',') return Fail(p, "expected a comma or the end of the list");
    p = SkipSpace(p + 1);
    if (p == end_) return Fail(p, kTruncated);
    if (*p == close) return Fail(p, "comma before the end");
    return p;
  }

  // Counts `n` values and keys.
  bool CountTokens(int n) { return (tokens_left_ -= n) >= 0; }

  // Checks the number at `p`.
  const char* SkipNumber(const char* p);
  // Checks the string at `p`, which is a quote.
  const char* SkipString(const char* p);

  // Ends an object whose keys were added since `mark`; `p` is its brace.
  const char* CloseObject(const char* p, size_t mark);

  KeySet& keys() { return keys_; }

  // Keeps the first problem and returns nullptr.
  const char* Fail(const char* p, const char* problem);

  // An array, since it is told by its address: two equal literals may have two.
  static constexpr char kTruncated[] = "it ends early";
  static constexpr const char* kTooDeep =
      "objects and arrays are nested too deep";
  static constexpr const char* kTooManyTokens = "too many values and keys";
  static constexpr const char* kDuplicateKey = "a key occurs twice";

 private:
  const char* SkipSpaceSlow(const char* p) const;
  const char* SkipObject(const char* p, int depth);
  const char* SkipArray(const char* p, int depth);
  const char* SkipWord(const char* p, std::string_view word);
  const char* SkipEscape(const char* p);
  const char* SkipDigits(const char* p);

  const char* begin_;
  const char* end_;
  int tokens_left_;
  const char* problem_ = nullptr;
  size_t problem_offset_ = 0;
  KeySet keys_;
};

// Checks a whole document.
absl::Status CheckJson(std::string_view json);

}  // namespace klarna::json

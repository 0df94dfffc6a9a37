// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "service/http/transport.h"

namespace klarna::http {

// Reads the head of an answer line by line, within bounds.
//
//   ResponseHeadParser parser;
//   parser.Feed("HTTP/1.1 100 Continue\r\n");  // kMore
//   parser.Feed("\r\n");                       // kMore: an interim head
//   parser.Feed("HTTP/1.1 204 No Content\r\n");
//   parser.Feed("\r\n");                       // kHead
//
// Trailers, which come after the head, count and are thrown away. What is not
// the grammar of RFC 9112 is refused, folded lines and contradicting lengths
// included: such an answer may be two. Not thread-safe.
class ResponseHeadParser {
 public:
  // Of interim heads, the head and trailers together.
  static constexpr size_t kMaxBytes = 64 << 10;
  static constexpr size_t kMaxLines = 256;

  enum class Outcome { kMore, kHead, kTooLarge, kMalformed };
  enum class Coding { kIdentity, kGzip, kOther };

  // `line` ends with its line feed. kHead comes once.
  Outcome Feed(absl::string_view line);

  // After kHead.
  HttpResponseHead TakeHead() { return std::move(head_); }
  // Of the body, as Content-Encoding says.
  Coding coding() const { return coding_; }
  // The end of the body is marked.
  bool framed() const { return framed_; }

 private:
  enum class State { kStatusLine, kHeaders, kTrailers };

  bool ReadStatusLine(absl::string_view line);
  bool ReadHeader(absl::string_view line);
  bool Interpret(absl::string_view name, absl::string_view value);
  Outcome EndOfHead();

  State state_ = State::kStatusLine;
  size_t bytes_ = 0;
  size_t lines_ = 0;
  HttpResponseHead head_;
  std::optional<std::string> content_length_;
  Coding coding_ = Coding::kIdentity;
  bool framed_ = false;
};

}  // namespace klarna::http

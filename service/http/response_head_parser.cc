// SPDX-License-Identifier: Apache-2.0
#include "service/http/response_head_parser.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "service/http/grammar.h"

namespace klarna::http {
namespace {

bool IsValueChar(char c) {
  return c == '\t' || !absl::ascii_iscntrl(static_cast<unsigned char>(c));
}

}  // namespace

ResponseHeadParser::Outcome ResponseHeadParser::Feed(absl::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMaxBytes || ++lines_ > kMaxLines) return Outcome::kTooLarge;
  if (state_ == State::kTrailers) return Outcome::kMore;
  absl::ConsumeSuffix(&line, "\n");
  absl::ConsumeSuffix(&line, "\r");
  if (state_ == State::kStatusLine) {
    return ReadStatusLine(line) ? Outcome::kMore : Outcome::kMalformed;
  }
  if (line.empty()) return EndOfHead();
  return ReadHeader(line) ? Outcome::kMore : Outcome::kMalformed;
}

bool ResponseHeadParser::ReadStatusLine(absl::string_view line) {
  if (!absl::ConsumePrefix(&line, "HTTP/1.1 ") &&
      !absl::ConsumePrefix(&line, "HTTP/1.0 ")) {
    return false;
  }
  const absl::string_view code = line.substr(0, 3);
  const bool ends = line.size() == 3 || (line.size() > 3 && line[3] == ' ');
  if (code.size() != 3 || !IsDigits(code) || code[0] == '0' || !ends) {
    return false;
  }
  head_ = {};
  for (char digit : code) head_.status = head_.status * 10 + (digit - '0');
  content_length_.reset();
  coding_ = Coding::kIdentity;
  framed_ = head_.status == 204 || head_.status == 304;
  state_ = State::kHeaders;
  return true;
}

bool ResponseHeadParser::ReadHeader(absl::string_view line) {
  const size_t colon = line.find(':');
  if (colon == absl::string_view::npos || colon == 0) return false;
  const absl::string_view name = line.substr(0, colon);
  const absl::string_view value =
      absl::StripAsciiWhitespace(line.substr(colon + 1));
  if (!IsToken(name) || !std::all_of(value.begin(), value.end(), IsValueChar) ||
      !Interpret(name, value)) {
    return false;
  }
  head_.headers.emplace_back(std::string(name), std::string(value));
  return true;
}

bool ResponseHeadParser::Interpret(absl::string_view name,
                                   absl::string_view value) {
  if (absl::EqualsIgnoreCase(name, "content-length")) {
    if (!IsDigits(value) || (content_length_ && *content_length_ != value)) {
      return false;
    }
    content_length_ = std::string(value);
    framed_ = true;
  } else if (absl::EqualsIgnoreCase(name, "transfer-encoding")) {
    if (!absl::EqualsIgnoreCase(value, "chunked")) return false;
    framed_ = true;
  } else if (absl::EqualsIgnoreCase(name, "content-encoding") &&
             !absl::EqualsIgnoreCase(value, "identity")) {
    const bool gzip = absl::EqualsIgnoreCase(value, "gzip") ||
                      absl::EqualsIgnoreCase(value, "x-gzip");
    // Two lines mean two codings, one over the other.
    coding_ =
        gzip && coding_ == Coding::kIdentity ? Coding::kGzip : Coding::kOther;
  }
  return true;
}

ResponseHeadParser::Outcome ResponseHeadParser::EndOfHead() {
  if (head_.status < 200) {
    state_ = State::kStatusLine;
    return Outcome::kMore;
  }
  state_ = State::kTrailers;
  return Outcome::kHead;
}

}  // namespace klarna::http

// SPDX-License-Identifier: Apache-2.0
//
// An answer as it comes from the wire, gzip or not. Cut into other pieces it is
// the same answer; no header breaks out of its line; what the headers say of
// waiting is bounded, and what may be passed on is printable.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "service/http/response_reader.h"
#include "service/rest/klarna_error.h"
#include "service/rest/retry_after.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/require.h"

namespace klarna::fuzz {
namespace {

constexpr size_t kMaxBody = 1 << 20;

// All that a caller sees of an answer.
class Answer final : public http::ResponseSink {
 public:
  Answer(std::string_view text, size_t piece) {
    http::ResponseReader reader(*this, kMaxBody, /*accept_gzip=*/true);
    bool more = true;
    while (more && !text.empty() && !reader.has_head()) {
      more = reader.OnHeaderLine(std::string(TakeLine(text)) + "\n");
    }
    while (more && !text.empty()) {
      more = reader.OnBodyBytes(text.substr(0, piece)) ==
             http::ResponseReader::Taken::kAll;
      text.remove_prefix(std::min(piece, text.size()));
    }
    reader.End({.request_sent = true});
  }

  void OnHead(http::HttpResponseHead received) override {
    head = std::move(received);
  }
  bool OnBody(std::string_view chunk) override {
    Require(head.has_value(), "a body before the head");
    body += chunk;
    return true;
  }
  void OnDone(http::TransferResult received) override { result = received; }

  std::optional<http::HttpResponseHead> head;
  std::string body;
  http::TransferResult result;
};

bool IsPrintable(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= 0x20 && c < 0x7f; });
}

void CheckHeaders(const http::Headers& headers) {
  for (const auto& [name, value] : headers) {
    Require(!name.empty() && (name + value).find_first_of("\r\n\0", 0, 3) ==
                                 std::string::npos,
            "a header breaks out of its line");
  }
  const absl::Duration delay =
      rest::RetryDelay(headers, absl::UnixEpoch(), absl::Seconds(1));
  Require(delay >= absl::ZeroDuration() && delay <= absl::Minutes(1),
          "an upstream makes us wait for ever");
  Require(IsPrintable(rest::CorrelationId(headers)) &&
              IsPrintable(http::PlainHeader(headers, "Location")),
          "not printable");
}

}  // namespace
}  // namespace klarna::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace klarna;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const fuzz::Answer answer(text, size + 1);
  const fuzz::Answer again(text, 1);
  // A bomb may be found broken or too large, whichever comes first.
  using http::TransferError;
  fuzz::Require(answer.head.has_value() == again.head.has_value() &&
                    (answer.result.error == TransferError::kNone) ==
                        (again.result.error == TransferError::kNone),
                "pieces make another answer");
  fuzz::Require(
      answer.result.error != TransferError::kNone || answer.body == again.body,
      "pieces make another body");
  if (answer.head) {
    fuzz::Require(answer.head->status >= 200 && answer.head->status <= 999,
                  "no status");
    fuzz::CheckHeaders(answer.head->headers);
  }
  return 0;
}

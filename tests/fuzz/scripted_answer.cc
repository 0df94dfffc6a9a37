// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/scripted_answer.h"

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "service/http/response_reader.h"

namespace klarna::fuzz {
namespace {

using http::TransferError;
using testing::ScriptedAnswer;

struct Ending {
  std::string_view name;
  TransferError error;
  bool request_sent;
};
constexpr Ending kEndings[] = {
    {"!resolve", TransferError::kResolve, false},
    {"!connect", TransferError::kConnect, false},
    {"!tls", TransferError::kTls, false},
    {"!stale", TransferError::kReset, false},
    {"!reset", TransferError::kReset, true},
    {"!timeout", TransferError::kTimeout, true},
    {"!truncated", TransferError::kTruncated, true},
};

class Keeper final : public http::ResponseSink {
 public:
  explicit Keeper(ScriptedAnswer& answer) : answer_(answer) {}

  void OnHead(http::HttpResponseHead head) override {
    answer_.head = std::move(head);
  }
  bool OnBody(std::string_view chunk) override {
    answer_.body += chunk;
    return true;
  }
  void OnDone(http::TransferResult result) override {
    answer_.result = std::move(result);
  }

 private:
  ScriptedAnswer& answer_;
};

// As libcurl does: what Content-Length says counts.
http::TransferResult TakeBody(const http::Headers& headers,
                              std::string_view& body) {
  http::TransferResult result{.request_sent = true};
  const absl::string_view length = http::FindHeader(headers, "Content-Length");
  size_t bytes = 0;
  if (length.empty() || !absl::SimpleAtoi(length, &bytes)) return result;
  if (bytes > body.size()) result.error = TransferError::kTruncated;
  body = body.substr(0, bytes);
  return result;
}

}  // namespace

ScriptedAnswer ParseAnswer(std::string_view text) {
  const Ending* ending = nullptr;
  for (const Ending& each : kEndings) {
    if (text.substr(0, text.find('\n')) == each.name) ending = &each;
  }
  if (ending != nullptr) TakeLine(text);
  ScriptedAnswer answer;
  Keeper keeper(answer);
  http::ResponseReader reader(keeper, size_t{8} << 20, /*accept_gzip=*/false);
  while (!text.empty() && !reader.has_head()) {
    const std::string line(TakeLine(text));
    if (!reader.OnHeaderLine(line + "\n")) break;
  }
  http::TransferResult result = TakeBody(answer.head.headers, text);
  if (reader.has_head()) reader.OnBodyBytes(text);
  if (ending != nullptr) {
    // What has answered was asked.
    result = {.error = ending->error,
              .request_sent = ending->request_sent || reader.has_head()};
  }
  reader.End(std::move(result));
  return answer;
}

std::vector<ScriptedAnswer> ParseAnswers(const Input& input, size_t first) {
  std::vector<ScriptedAnswer> answers;
  for (size_t i = first; i < input.size() && answers.size() < kAnswers; ++i) {
    answers.push_back(ParseAnswer(input[i]));
  }
  answers.resize(kAnswers, testing::Broken(TransferError::kConnect, false));
  return answers;
}

bool WholeSuccess(const ScriptedAnswer& answer) {
  const int status = answer.head.status;
  return answer.result.error == TransferError::kNone && status >= 200 &&
         status < 300 && status != 205 && status != 206;
}

}  // namespace klarna::fuzz

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "service/http/transport.h"
#include "service/runtime/executor.h"

namespace klarna::testing {

// What comes back for one request. By default all of it, framed.
struct ScriptedAnswer {
  http::HttpResponseHead head = {};  // Status 0: no answer comes.
  std::string body = {};
  http::TransferResult result = {.request_sent = true, .framed = true};
};

// A whole answer.
ScriptedAnswer Whole(int status, std::string body = "",
                     http::Headers headers = {});

// What Klarna answers to a capture.
inline ScriptedAnswer Captured() {
  return Whole(201, "", {{"Capture-Id", "c1"}});
}

// No answer: the transfer ends with the error, before or after the first byte
// of the request went out.
ScriptedAnswer Broken(http::TransferError error, bool request_sent);

// Answers requests from a script, without sockets, and keeps what it was asked.
// A request waits while the script is empty, so that a test can look at a call
// while it is on the wire:
//
//   ScriptedTransport transport(executor);
//   ... a call begins ...
//   EXPECT_EQ(transport.requests().size(), 1u);
//   transport.Answer(Whole(204));
//   executor.RunUntilIdle();
class ScriptedTransport final : public http::HttpTransport {
 public:
  explicit ScriptedTransport(runtime::Executor& executor)
      : executor_(executor) {}

  // Adds to the end of the script.
  void Answer(ScriptedAnswer answer);

  // Lets every request fail unsent for which there is no answer, those that
  // wait and all that are to come.
  void Refuse();

  // All requests begun, in order.
  const std::vector<http::HttpRequest>& requests() const { return requests_; }
  // Answers that nobody has asked for.
  size_t unused_answers() const { return answers_.size(); }

  std::unique_ptr<http::Transfer> Start(http::HttpRequest request,
                                        http::ResponseSink& sink) override;

 private:
  class ScriptedTransfer;
  struct Link;

  void Match();

  runtime::Executor& executor_;
  std::vector<http::HttpRequest> requests_;
  std::deque<std::shared_ptr<Link>> waiting_;
  std::deque<ScriptedAnswer> answers_;
  bool refuses_ = false;
};

}  // namespace klarna::testing

// SPDX-License-Identifier: Apache-2.0
#include "tests/service/gateway/scripted_transport.h"

#include <utility>

namespace klarna::testing {

// Between a transfer and what will be delivered to it. `sink` is null once the
// transfer is destroyed.
struct ScriptedTransport::Link {
  http::ResponseSink* sink = nullptr;
  bool paused = false;
  http::TransferResult result = {};
};

class ScriptedTransport::ScriptedTransfer final : public http::Transfer {
 public:
  ScriptedTransfer(runtime::Executor& executor, std::shared_ptr<Link> link)
      : executor_(executor), link_(std::move(link)) {}
  ~ScriptedTransfer() override { link_->sink = nullptr; }

  void Resume() override {
    if (!std::exchange(link_->paused, false)) return;
    executor_.Post([link = link_] {
      if (link->sink != nullptr) link->sink->OnDone(link->result);
    });
  }

 private:
  runtime::Executor& executor_;
  const std::shared_ptr<Link> link_;
};

ScriptedAnswer Whole(int status, std::string body, http::Headers headers) {
  return {.head = {.status = status, .headers = std::move(headers)},
          .body = std::move(body)};
}

ScriptedAnswer Broken(http::TransferError error, bool request_sent) {
  return {.result = {.error = error, .request_sent = request_sent}};
}

void ScriptedTransport::Answer(ScriptedAnswer answer) {
  answers_.push_back(std::move(answer));
  Match();
}

void ScriptedTransport::Refuse() {
  refuses_ = true;
  Match();
}

std::unique_ptr<http::Transfer> ScriptedTransport::Start(
    http::HttpRequest request, http::ResponseSink& sink) {
  requests_.push_back(std::move(request));
  auto link = std::make_shared<Link>();
  link->sink = &sink;
  waiting_.push_back(link);
  Match();
  return std::make_unique<ScriptedTransfer>(executor_, std::move(link));
}

void ScriptedTransport::Match() {
  while (!waiting_.empty()) {
    if (answers_.empty() && refuses_) {
      answers_.push_back(
          Broken(http::TransferError::kConnect, /*request_sent=*/false));
    }
    if (answers_.empty()) return;
    executor_.Post([link = waiting_.front(), answer = answers_.front()] {
      if (link->sink != nullptr && answer.head.status != 0) {
        link->sink->OnHead(answer.head);
      }
      if (link->sink != nullptr && !answer.body.empty()) {
        link->result = answer.result;
        link->paused = !link->sink->OnBody(answer.body);
      }
      if (link->sink != nullptr && !link->paused) {
        link->sink->OnDone(answer.result);
      }
    });
    waiting_.pop_front();
    answers_.pop_front();
  }
}

}  // namespace klarna::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "service/http/transport.h"
#include "service/runtime/task.h"
#include "service/upstream/exchange.h"

namespace klarna::upstream {

// Reads an answer's body piece by piece, in bounded memory: the transfer is
// paused while nobody takes what is there.
//
//   BodyReader body(executor, transport, request);
//   Answer answer = co_await body.Head();
//   if (answer.success()) {
//     do {
//       co_await body.Fill(chunk + 1);
//       Use(body.Take(chunk));
//     } while (!body.at_end() && !body.failed());
//   }
class BodyReader final : public http::ResponseSink {
 public:
  BodyReader(runtime::Executor& executor, http::HttpTransport& transport,
             http::HttpRequest request);

  // The answer's head, and when it is not a success, its body too as far as
  // errors need it.
  runtime::Task<Answer> Head();

  // Waits until `bytes` are there or the body ended.
  runtime::Task<void> Fill(size_t bytes);

  // Takes up to `bytes` of what is there.
  std::string Take(size_t bytes);

  const http::HttpResponseHead& head() const { return head_; }
  // Nothing is left, and nothing will come.
  bool at_end() const { return result_.has_value() && buffer_.empty(); }
  // The body broke off.
  bool failed() const {
    return result_ && result_->error != http::TransferError::kNone;
  }
  // Once at_end(): whether the end was marked.
  bool framed() const { return result_ && result_->framed; }

 private:
  void OnHead(http::HttpResponseHead head) override;
  bool OnBody(std::string_view chunk) override;
  void OnDone(http::TransferResult result) override;

  runtime::Task<void> Changed();
  void Wake();
  bool Success() const;

  runtime::Executor& executor_;
  http::HttpResponseHead head_;
  std::string buffer_;
  bool paused_ = false;
  std::optional<http::TransferResult> result_;
  runtime::OneShot<bool>* waiting_ = nullptr;
  std::optional<runtime::ScopedTimer> wake_;
  std::unique_ptr<http::Transfer> transfer_;  // Last: destroyed first.
};

}  // namespace klarna::upstream

// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/exchange.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"

namespace klarna::upstream {
namespace {

// A length is only believed so far, and a body grows by no more at a time.
constexpr size_t kMaxReserve = 1 << 20;

class AnswerSink final : public http::ResponseSink {
 public:
  void OnHead(http::HttpResponseHead head) override {
    size_t length;
    if (absl::SimpleAtoi(http::FindHeader(head.headers, "Content-Length"),
                         &length)) {
      answer_.body.reserve(std::min(length, kMaxReserve));
    }
    answer_.head = std::move(head);
  }
  bool OnBody(std::string_view chunk) override {
    MakeRoom(answer_.body.size() + chunk.size());
    answer_.body.append(chunk);
    return true;
  }
  void OnDone(http::TransferResult result) override {
    answer_.transfer = std::move(result);
    done_.Set(std::move(answer_));
  }
  runtime::OneShot<Answer>& done() { return done_; }

 private:
  // A long body grows in steps: doubling would take up to three times its size.
  void MakeRoom(size_t size) {
    const size_t room = answer_.body.capacity();
    if (size <= room || room < kMaxReserve) return;
    std::string grown;
    grown.reserve(size + kMaxReserve);
    grown.append(answer_.body);
    answer_.body.swap(grown);
  }

  Answer answer_;
  runtime::OneShot<Answer> done_;
};

}  // namespace

runtime::Task<Answer> Exchange(http::HttpTransport& transport,
                               http::HttpRequest request) {
  AnswerSink sink;
  const std::unique_ptr<http::Transfer> transfer =
      transport.Start(std::move(request), sink);
  // Named, because GCC 12 copies what a call in co_await returns by reference.
  runtime::OneShot<Answer>& done = sink.done();
  co_return co_await done;
}

}  // namespace klarna::upstream

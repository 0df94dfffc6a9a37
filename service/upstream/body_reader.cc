// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/body_reader.h"

#include <algorithm>
#include <utility>

#include "service/rest/klarna_error.h"

namespace klarna::upstream {
namespace {

constexpr size_t kHighWater = 256 << 10;

}  // namespace

BodyReader::BodyReader(runtime::Executor& executor,
                       http::HttpTransport& transport,
                       http::HttpRequest request)
    : executor_(executor),
      transfer_(transport.Start(std::move(request), *this)) {}

runtime::Task<Answer> BodyReader::Head() {
  while (head_.status == 0 && !result_) co_await Changed();
  // Of a refusal the body matters too; beyond a bound it is no error object.
  while (!Success() && !result_ && buffer_.size() <= rest::kMaxErrorBody) {
    co_await Changed();
  }
  Answer answer;
  answer.head = head_;
  if (result_) answer.transfer = *result_;
  if (!Success()) answer.body = buffer_;
  co_return answer;
}

runtime::Task<void> BodyReader::Fill(size_t bytes) {
  while (buffer_.size() < bytes && !result_) co_await Changed();
}

std::string BodyReader::Take(size_t bytes) {
  std::string taken = buffer_.substr(0, bytes);
  buffer_.erase(0, taken.size());
  if (paused_ && buffer_.size() < kHighWater / 2) {
    paused_ = false;
    transfer_->Resume();
  }
  return taken;
}

bool BodyReader::Success() const {
  return head_.status >= 200 && head_.status < 300;
}

void BodyReader::OnHead(http::HttpResponseHead head) {
  head_ = std::move(head);
  Wake();
}

bool BodyReader::OnBody(std::string_view chunk) {
  buffer_.append(chunk);
  paused_ = buffer_.size() >= kHighWater;
  Wake();
  return !paused_;
}

void BodyReader::OnDone(http::TransferResult result) {
  result_ = std::move(result);
  Wake();
}

runtime::Task<void> BodyReader::Changed() {
  runtime::OneShot<bool> event;
  waiting_ = &event;
  co_await event;
}

// Not from within the transfer's callback: whoever waits may take bytes, which
// resumes the transfer, or give the body up, which ends it.
void BodyReader::Wake() {
  if (waiting_ == nullptr || wake_) return;
  wake_.emplace(executor_, absl::ZeroDuration(), [this] {
    wake_.reset();
    std::exchange(waiting_, nullptr)->Set(true);
  });
}

}  // namespace klarna::upstream

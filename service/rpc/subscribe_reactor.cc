// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/subscribe_reactor.h"

#include <utility>

#include "service/rest/status_details.h"
#include "service/rpc/byte_buffer.h"
#include "service/rpc/status.h"

namespace klarna::rpc {

SubscribeReactor::SubscribeReactor(Shard& shard, Admission::Ticket ticket,
                                   const rest::Method& method,
                                   gateway::CallContext context,
                                   std::string request)
    : shard_(shard), ticket_(std::move(ticket)) {
  gateway::ResponseStream& stream = *this;
  call_ = std::make_unique<gateway::SubscribeCall>(shard.resources(), method,
                                                   std::move(context),
                                                   std::move(request), stream);
  shard_.CallBegins();
}

SubscribeReactor::~SubscribeReactor() {
  shard_.StreamEnds(*this);
  call_.reset();
  shard_.CallEnds();
}

void SubscribeReactor::Begin() {
  shard_.Begin([this] {
    shard_.StreamBegins(*this);
    if (call_) call_->Start();
  });
}

void SubscribeReactor::OnWriteDone(bool ok) {
  // A write that failed is followed by OnCancel.
  if (!ok) return;
  size_t taken = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    queue_.pop_front();
    ++taken_;
    if (finished_) return;
    if (!queue_.empty()) WriteFirst();
    // The call hears of several messages at a time, while one is left to write.
    if (queue_.size() <= 1) taken = std::exchange(taken_, 0);
  }
  if (taken == 0) return;
  shard_.executor().Post([this, taken] {
    if (call_) call_->OnTaken(taken);
  });
}

void SubscribeReactor::OnCancel() {
  shard_.executor().Post([this] { Cancel(); });
}

// Posted after every other reaction, so nothing comes behind it.
void SubscribeReactor::OnDone() {
  shard_.executor().Post([this] { delete this; });
}

// What waits to be written is dropped: the caller goes on behind the last batch
// it got.
void SubscribeReactor::EndForShutdown() {
  call_.reset();
  absl::Status status = rest::GatewayError(
      absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
      "this replica stops; go on from the last resume_token");
  rest::AddRetryInfo(absl::ZeroDuration(), status);
  Finish(status);
}

void SubscribeReactor::Cancel() {
  call_.reset();
  Finish(absl::CancelledError("the caller has left"));
}

void SubscribeReactor::Write(std::string message) {
  const std::lock_guard<std::mutex> lock(mutex_);
  queue_.push_back(ToByteBuffer(std::move(message)));
  if (queue_.size() == 1) WriteFirst();
}

// A message with another one behind it may wait for that in gRPC's buffer and
// share its packets. The first of a stream never: gRPC 1.51 would not send it.
void SubscribeReactor::WriteFirst() {
  grpc::WriteOptions options;
  if (begun_ && queue_.size() > 1) options.set_buffer_hint();
  begun_ = true;
  StartWrite(&queue_.front(), options);
}

void SubscribeReactor::Finish(const absl::Status& status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (finished_) return;
  finished_ = true;
  grpc::ServerWriteReactor<grpc::ByteBuffer>::Finish(ToGrpcStatus(status));
}

}  // namespace klarna::rpc

// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/subscribe_reactor.h"

#include <utility>

#include "service/rpc/byte_buffer.h"
#include "service/rpc/status.h"

namespace klarna::rpc {

SubscribeReactor::SubscribeReactor(Shard& shard, const rest::Method& method,
                                   gateway::CallContext context,
                                   std::string request)
    : shard_(shard) {
  gateway::ResponseStream& stream = *this;
  call_ = std::make_unique<gateway::SubscribeCall>(shard.resources(), method,
                                                   std::move(context),
                                                   std::move(request), stream);
  shard_.CallBegins();
}

SubscribeReactor::~SubscribeReactor() {
  call_.reset();
  shard_.CallEnds();
}

void SubscribeReactor::Begin() {
  shard_.executor().Post([this] {
    if (call_) call_->Start();
  });
}

void SubscribeReactor::OnWriteDone(bool ok) {
  // A write that failed is followed by OnCancel.
  if (!ok) return;
  shard_.executor().Post([this] {
    if (call_ && !finished_) call_->OnTaken();
  });
}

void SubscribeReactor::OnCancel() {
  shard_.executor().Post([this] { Cancel(); });
}

// Posted after every other reaction, so nothing comes behind it.
void SubscribeReactor::OnDone() {
  shard_.executor().Post([this] { delete this; });
}

void SubscribeReactor::Cancel() {
  if (finished_) return;
  call_.reset();
  finished_ = true;
  grpc::ServerWriteReactor<grpc::ByteBuffer>::Finish(
      grpc::Status(grpc::StatusCode::CANCELLED, "the caller has left"));
}

void SubscribeReactor::Write(std::string message) {
  message_ = ToByteBuffer(std::move(message));
  StartWrite(&message_);
}

void SubscribeReactor::Finish(const absl::Status& status) {
  finished_ = true;
  grpc::ServerWriteReactor<grpc::ByteBuffer>::Finish(ToGrpcStatus(status));
}

}  // namespace klarna::rpc

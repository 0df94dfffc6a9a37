// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/publish_reactor.h"

#include <utility>

#include "service/rpc/byte_buffer.h"
#include "service/rpc/status.h"

namespace klarna::rpc {

// Keeps the shard from being stopped while a change is on the wire. All but its
// end, and that the caller has left, belongs to the shard's executor.
class PublishReactor::Link final : public gateway::PublishReply {
 public:
  Link(Shard& shard, Admission::Ticket ticket, PublishReactor& reactor)
      : shard_(shard), ticket_(std::move(ticket)), reactor_(&reactor) {
    shard_.CallBegins();
  }
  ~Link() override { shard_.CallEnds(); }

  // The reactor goes with its answer.
  void Finish(const absl::Status& status, std::string message) override {
    if (reactor_ == nullptr) return;
    std::exchange(reactor_, nullptr)->Reply(status, std::move(message));
  }
  bool caller_left() const override { return left_; }

  // Known at once: a shard that is behind begins nothing for one who has left
  // meanwhile, and may have asked again.
  void CallerHasLeft() { left_ = true; }
  void EndForCaller() {
    if (reactor_ == nullptr) return;
    std::exchange(reactor_, nullptr)
        ->grpc::ServerUnaryReactor::Finish(grpc::Status(
            grpc::StatusCode::CANCELLED,
            "the caller has left; a change that was sent is followed to its "
            "end, and a resend with the same request_id is told how it "
            "ended"));
  }

 private:
  Shard& shard_;
  const Admission::Ticket ticket_;
  PublishReactor* reactor_;
  std::atomic<bool> left_ = false;
};

PublishReactor::PublishReactor(Shard& shard, Admission::Ticket ticket,
                               const rest::Method& method,
                               gateway::CallContext context,
                               std::string request,
                               grpc::CallbackServerContext& server_context,
                               grpc::ByteBuffer& response)
    : shard_(shard),
      method_(method),
      context_(std::move(context)),
      request_(std::move(request)),
      server_context_(server_context),
      response_(response),
      link_(std::make_shared<Link>(shard, std::move(ticket), *this)) {}

PublishReactor::~PublishReactor() = default;

void PublishReactor::Begin() {
  shard_.Begin([this] {
    gateway::ServePublish(shard_.resources(), method_, std::move(context_),
                          std::move(request_), link_);
  });
}

void PublishReactor::OnCancel() {
  link_->CallerHasLeft();
  shard_.executor().Post([link = link_] { link->EndForCaller(); });
}

// Once it has an answer, nobody else knows it any more.
void PublishReactor::OnDone() { delete this; }

void PublishReactor::Reply(const absl::Status& status, std::string message) {
  if (status.ok()) {
    response_ = ToByteBuffer(std::move(message));
  } else if (status.code() == absl::StatusCode::kAborted) {
    // Keeps client libraries and meshes from sending it again by themselves.
    server_context_.AddTrailingMetadata("grpc-retry-pushback-ms", "-1");
  }
  Finish(ToGrpcStatus(status));
}

}  // namespace klarna::rpc

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "grpcpp/grpcpp.h"
#include "service/gateway/subscribe.h"
#include "service/rpc/shard.h"

namespace klarna::rpc {

// gRPC's side of a Subscribe. What gRPC says on its own threads is posted to
// the call's shard; the call lives there, and so does everything below that is
// not a reaction. Deletes itself once gRPC is done with it.
class SubscribeReactor final
    : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
      private gateway::ResponseStream {
 public:
  SubscribeReactor(Shard& shard, Admission::Ticket ticket,
                   const rest::Method& method, gateway::CallContext context,
                   std::string request);
  ~SubscribeReactor() override;

  // Begins the call. Separate from the constructor, because the shard may call
  // back before that would have returned.
  void Begin();

  // Ends the stream because the server stops. On the shard's executor.
  void EndForShutdown();

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // ResponseStream:
  void Write(std::string message) override;
  void Finish(const absl::Status& status) override;

  void Cancel();
  // Starts to write the first of the queue. With mutex_ held, since nothing may
  // be written after the end.
  void WriteFirst();

  Shard& shard_;
  const Admission::Ticket ticket_;
  std::unique_ptr<gateway::SubscribeCall> call_;
  std::mutex mutex_;
  // The first is being written: gRPC's threads go on to the next themselves.
  std::deque<grpc::ByteBuffer> queue_;
  size_t taken_ = 0;  // Messages the call has not heard of yet.
  bool begun_ = false;
  bool finished_ = false;
};

}  // namespace klarna::rpc

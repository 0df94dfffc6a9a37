// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "grpcpp/grpcpp.h"
#include "service/gateway/publish.h"
#include "service/rpc/shard.h"

namespace klarna::rpc {

// gRPC's side of a Publish. When the caller leaves, gRPC is told at once and
// this object goes, while the change itself is followed to its end: the link
// between the two outlives either.
class PublishReactor final : public grpc::ServerUnaryReactor {
 public:
  PublishReactor(Shard& shard, Admission::Ticket ticket,
                 const rest::Method& method, gateway::CallContext context,
                 std::string request,
                 grpc::CallbackServerContext& server_context,
                 grpc::ByteBuffer& response);
  ~PublishReactor() override;

  // Begins the call. Separate from the constructor, because the shard may
  // answer before that would have returned.
  void Begin();

  void OnCancel() override;
  void OnDone() override;

 private:
  class Link;

  // OnDone does so little that gRPC need not wake another thread for it.
  bool InternalInlineable() override { return true; }

  void Reply(const absl::Status& status, std::string message);

  Shard& shard_;
  const rest::Method& method_;
  gateway::CallContext context_;
  std::string request_;
  grpc::CallbackServerContext& server_context_;
  grpc::ByteBuffer& response_;
  std::shared_ptr<Link> link_;
};

}  // namespace klarna::rpc

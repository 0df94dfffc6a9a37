// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "service/rest/route.h"
#include "service/rpc/admission.h"
#include "service/rpc/raw_service.h"
#include "service/rpc/reflection_v1.h"
#include "service/rpc/shard.h"

namespace klarna::rpc {

// The gRPC server: all services of the route table, health, reflection.
//
//   auto server = Server::Start(routes, shared);
//   ... (*server)->port() ...
//   (*server)->StopBeingReady();  // Balancers look elsewhere.
//   (*server)->Shutdown(absl::Seconds(7), absl::Seconds(20));
class Server final : private CallHandler {
 public:
  // `routes` and what `shared` refers to must outlive the server. UNAVAILABLE
  // when the address cannot be listened on.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const rest::RouteTable& routes, const SharedResources& shared);

  ~Server() override;

  int port() const { return port_; }

  // Under way at present. Thread-safe.
  int streams() const { return admission_.streams(); }

  // What calls that begin from now on work with; those under way are left
  // alone. Thread-safe.
  void Use(const std::shared_ptr<const gateway::Snapshot>& snapshot);

  // Reports NOT_SERVING, and serves on.
  void StopBeingReady();

  // Takes no new calls. Streams that have not ended after `streams` are ended
  // with UNAVAILABLE; calls that have not after `calls` are cancelled, those of
  // health and reflection once no other is left. Returns when the last one is
  // gone; a change that is on the wire is waited for even
  // when its caller was cancelled. Once.
  void Shutdown(absl::Duration streams, absl::Duration calls);

 private:
  explicit Server(const SharedResources& shared)
      : shared_(shared),
        admission_(shared.snapshot->config.limits.max_streams,
                   shared.snapshot->config.limits.max_changes) {}

  absl::Status StartShards();
  absl::Status Listen(const rest::RouteTable& routes);
  void CancelOthersWhenIdle();
  Shard& NextShard();

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Subscribe(
      grpc::CallbackServerContext& context, const rest::Method& method,
      const grpc::ByteBuffer& request) override;
  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext& context,
                                    const rest::Method& method,
                                    const grpc::ByteBuffer& request,
                                    grpc::ByteBuffer& response) override;

  SharedResources shared_;  // Without the snapshot once it has started.
  Admission admission_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::atomic<size_t> next_shard_ = 0;
  std::vector<std::unique_ptr<RawService>> services_;
  std::unique_ptr<ReflectionV1> reflection_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace klarna::rpc

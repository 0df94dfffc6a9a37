// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/server.h"

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpc/grpc.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "service/gateway/refusal.h"
#include "service/rest/status_details.h"
#include "service/rpc/byte_buffer.h"
#include "service/rpc/publish_reactor.h"
#include "service/rpc/status.h"
#include "service/rpc/subscribe_reactor.h"

namespace klarna::rpc {
namespace {

constexpr int kMaxMessageBytes = 8 << 20;
constexpr int kMaxMetadataBytes = 8 << 10;
constexpr int kMaxStreamsPerConnection = 1000;
// Calls that gRPC took before it stopped are at their shard by then.
constexpr absl::Duration kArrival = absl::Milliseconds(100);

void SetChannelArguments(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // A compressed message grows a thousandfold before anyone sees its size.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  // Nothing is compressed, and nobody asks for statistics of channels; both
  // cost every call.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  // Two servers on one port would each get half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             kMaxStreamsPerConnection);
  // Finds callers that vanished, and lets callers find out the same.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  // Who connects and says nothing, and who has said nothing for long.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 5 * 60'000);
  // Makes callers reconnect, so that they find new replicas.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 30 * 60'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 5 * 60'000);
}

gateway::CallContext MakeContext(const grpc::CallbackServerContext& context,
                                 const runtime::Clock& clock) {
  gateway::CallContext call;
  const auto deadline = context.deadline();
  if (deadline != std::chrono::system_clock::time_point::max()) {
    call.deadline =
        clock.Now() + (absl::FromChrono(deadline) - clock.WallNow());
  }
  // gRPC's libraries count what they send again by themselves.
  call.tried_before =
      context.client_metadata().count("grpc-previous-rpc-attempts") > 0;
  return call;
}

absl::Status NoMessage(absl::string_view type) {
  return rest::GatewayError(
      absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
      absl::StrCat("the call has no message; send one ", type));
}

// For calls that end before they begin.
class FailedStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit FailedStream(const absl::Status& status) {
    Finish(ToGrpcStatus(status));
  }
  void OnDone() override { delete this; }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const rest::RouteTable& routes, const SharedResources& shared) {
  auto server = std::unique_ptr<Server>(new Server(shared));
  if (absl::Status status = server->StartShards(); !status.ok()) {
    return status;
  }
  if (absl::Status status = server->Listen(routes); !status.ok()) {
    return status;
  }
  // Or its secrets would be kept for good.
  server->shared_.snapshot.reset();
  return server;
}

Server::~Server() {
  if (server_) Shutdown(absl::ZeroDuration(), absl::ZeroDuration());
}

absl::Status Server::StartShards() {
  for (int i = 0; i < shared_.snapshot->config.event_loops; ++i) {
    auto shard = Shard::Start(shared_);
    if (!shard.ok()) return shard.status();
    shards_.push_back(*std::move(shard));
  }
  return absl::OkStatus();
}

void Server::Use(const std::shared_ptr<const gateway::Snapshot>& snapshot) {
  const config::Limits& limits = snapshot->config.limits;
  admission_.Use(limits.max_streams, limits.max_changes);
  for (auto& shard : shards_) shard->Use(snapshot);
}

absl::Status Server::Listen(const rest::RouteTable& routes) {
  const config::Config& config = shared_.snapshot->config;
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  SetChannelArguments(builder);
  std::vector<std::string> names;
  CallHandler& handler = *this;
  for (const auto* service : routes.services()) {
    services_.push_back(
        std::make_unique<RawService>(*service, routes, handler));
    builder.RegisterService(services_.back().get());
    names.push_back(service->full_name());
  }
  if (config.reflection) {
    names.push_back("grpc.health.v1.Health");
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    reflection_ = std::make_unique<ReflectionV1>(names);
    builder.RegisterService(reflection_.get());
  }
  builder.AddListeningPort(config.listen, grpc::InsecureServerCredentials(),
                           &port_);
  server_ = builder.BuildAndStart();
  if (!server_ || port_ == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", config.listen,
                     ": is another process using it? Set another --listen"));
  }
  for (const std::string& name : names) {
    server_->GetHealthCheckService()->SetServingStatus(name, true);
  }
  return absl::OkStatus();
}

void Server::StopBeingReady() {
  server_->GetHealthCheckService()->SetServingStatus(false);
}

void Server::Shutdown(absl::Duration streams, absl::Duration calls) {
  StopBeingReady();
  for (auto& shard : shards_) shard->EndStreamsAfter(streams);
  std::thread ends_others;
  if (calls > kArrival) {
    ends_others = std::thread([this] { CancelOthersWhenIdle(); });
  }
  server_->Shutdown(absl::ToChronoTime(shared_.clock.WallNow() + calls));
  server_->Wait();
  if (ends_others.joinable()) ends_others.join();
  server_.reset();
  for (auto& shard : shards_) {
    shard->WaitUntilIdle();
    shard->Stop();
  }
}

// Who watches the health or uses reflection has no end of his own.
void Server::CancelOthersWhenIdle() {
  runtime::Executor& executor = shards_.front()->executor();
  const auto arrived = std::make_shared<std::promise<void>>();
  executor.Post([&executor, arrived] {
    executor.RunAfter(kArrival, [arrived] { arrived->set_value(); });
  });
  arrived->get_future().wait();
  for (auto& shard : shards_) shard->WaitUntilIdle();
  grpc_server_cancel_all_calls(server_->c_server());
}

Shard& Server::NextShard() {
  return *shards_[next_shard_.fetch_add(1, std::memory_order_relaxed) %
                  shards_.size()];
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* Server::Subscribe(
    grpc::CallbackServerContext& context, const rest::Method& method,
    const grpc::ByteBuffer& request) {
  if (!request.Valid()) {
    return new FailedStream(NoMessage("SubscribeRequest"));
  }
  Shard& shard = NextShard();
  absl::StatusOr<Admission::Ticket> ticket = admission_.Admit(
      Admission::Kind::kStream, shard.backlog(), request.Length());
  if (!ticket.ok()) return new FailedStream(ticket.status());
  std::optional<std::string> bytes = ToString(request);
  if (!bytes) {
    return new FailedStream(NoMessage("SubscribeRequest"));
  }
  auto* reactor = new SubscribeReactor(shard, *std::move(ticket), method,
                                       MakeContext(context, shared_.clock),
                                       *std::move(bytes));
  reactor->Begin();
  return reactor;
}

grpc::ServerUnaryReactor* Server::Publish(grpc::CallbackServerContext& context,
                                          const rest::Method& method,
                                          const grpc::ByteBuffer& request,
                                          grpc::ByteBuffer& response) {
  const auto fail = [&](const absl::Status& status) {
    // The reader takes a mutable buffer and leaves it as it is.
    grpc::ByteBuffer copy(request);
    grpc::ProtoBufferReader reader(&copy);
    grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
    reactor->Finish(ToGrpcStatus(gateway::RefuseChange(
        status, method, reader, MakeContext(context, shared_.clock),
        shared_.intents, shared_.clock.WallNow())));
    return reactor;
  };
  if (!request.Valid()) return fail(NoMessage("PublishRequest"));
  Shard& shard = NextShard();
  absl::StatusOr<Admission::Ticket> ticket = admission_.Admit(
      Admission::Kind::kChange, shard.backlog(), request.Length());
  if (!ticket.ok()) return fail(ticket.status());
  std::optional<std::string> bytes = ToString(request);
  if (!bytes) return fail(NoMessage("PublishRequest"));
  auto* reactor = new PublishReactor(shard, *std::move(ticket), method,
                                     MakeContext(context, shared_.clock),
                                     *std::move(bytes), context, response);
  reactor->Begin();
  return reactor;
}

}  // namespace klarna::rpc

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "google/rpc/status.pb.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/impl/client_unary_call.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/impl/rpc_method.h"
#include "grpcpp/support/sync_stream.h"
#include "service/config/config.h"
#include "service/gateway/intent_memory.h"
#include "service/gateway/page_window.h"
#include "service/gateway/resume_token.h"
#include "service/http/system_resolver.h"
#include "service/observability/log.h"
#include "service/rest/route.h"
#include "service/rpc/server.h"
#include "service/runtime/system_clock.h"
#include "service/sandbox/sandbox_server.h"
#include "service/transform/worker_pool.h"
#include "service/upstream/gate.h"

namespace klarna::testing {

class SilentLog final : public observability::Log {
 public:
  // Called, on the gateway's own threads, where a stream's last line would be
  // written. Set while no call is under way.
  void WhenAsked(std::function<void()> asked) { asked_ = std::move(asked); }

  bool Enabled(observability::Level) const override { return false; }
  void Write(observability::Level, std::string_view,
             observability::LogFields) override {
    if (asked_) asked_();
  }

 private:
  std::function<void()> asked_;
};

// The gateway on a port of its own, as main() puts it together, and a client of
// it. Stopped by its destructor.
class GatewayUnderTest {
 public:
  // An upstream that is there already: "http://127.0.0.1:8080".
  explicit GatewayUnderTest(
      const std::string& upstream,
      const std::function<void(config::Config&)>& adjust = [](config::Config&) {
      });

  // Takes over a changed configuration, as main() does.
  void Reload(const std::function<void(config::Config&)>& adjust);

  int port() const { return server_->port(); }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  // Another connection.
  std::shared_ptr<grpc::Channel> Connect(
      grpc::ChannelArguments arguments = {}) const;
  rpc::Server& server() { return *server_; }
  SilentLog& log() { return log_; }

 private:
  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  SilentLog log_;
  config::Config config_;
  std::unique_ptr<rest::RouteTable> routes_;
  std::unique_ptr<http::SystemResolver> resolver_;
  std::unique_ptr<gateway::PageBudget> budget_;
  std::unique_ptr<gateway::LocalIntentMemory> intents_;
  std::unique_ptr<upstream::Gate> gate_;
  std::shared_ptr<transform::Transformers> transformers_;
  std::unique_ptr<rpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

// A sandbox on a port of its own.
std::unique_ptr<sandbox::SandboxServer> StartSandbox(
    const sandbox::SandboxOptions& options, const runtime::Clock& clock);

template <typename Response>
struct StreamResult {
  std::vector<Response> messages;
  grpc::Status status;
};

// Calls Subscribe of `service` and reads until the end, or until `take`
// returns false, which cancels the call. `take` may move out of the message;
// what it leaves is read over.
template <typename Response, typename Request>
grpc::Status ReadStream(const std::shared_ptr<grpc::Channel>& channel,
                        const std::string& service, const Request& request,
                        const std::function<bool(Response&)>& take) {
  const std::string name = "/" + service + "/Subscribe";
  const grpc::internal::RpcMethod method(
      name.c_str(), grpc::internal::RpcMethod::SERVER_STREAMING);
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<Response>> reader(
      grpc::internal::ClientReaderFactory<Response>::Create(
          channel.get(), method, &context, request));
  for (Response message; reader->Read(&message);) {
    if (!take(message)) context.TryCancel();
  }
  return reader->Finish();
}

// The same, and keeps the messages.
template <typename Response, typename Request>
StreamResult<Response> Subscribe(
    const std::shared_ptr<grpc::Channel>& channel, const std::string& service,
    const Request& request,
    const std::function<bool(const Response&)>& take = nullptr) {
  StreamResult<Response> result;
  result.status =
      ReadStream<Response>(channel, service, request, [&](Response& message) {
        const bool more = !take || take(message);
        result.messages.push_back(std::move(message));
        return more;
      });
  return result;
}

template <typename Response>
struct UnaryResult {
  Response response;
  grpc::Status status;
  std::multimap<std::string, std::string> trailers;
};

// Calls Publish of `service`. Without `deadline`, as long as it takes.
template <typename Response, typename Request>
UnaryResult<Response> Publish(
    const std::shared_ptr<grpc::Channel>& channel, const std::string& service,
    const Request& request, absl::Duration deadline = absl::InfiniteDuration(),
    const std::map<std::string, std::string>& metadata = {}) {
  const std::string name = "/" + service + "/Publish";
  const grpc::internal::RpcMethod method(name.c_str(),
                                         grpc::internal::RpcMethod::NORMAL_RPC);
  grpc::ClientContext context;
  if (deadline != absl::InfiniteDuration()) {
    context.set_deadline(std::chrono::system_clock::now() +
                         absl::ToChronoMilliseconds(deadline));
  }
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  UnaryResult<Response> result;
  result.status =
      grpc::internal::BlockingUnaryCall<Request, Response,
                                        google::protobuf::MessageLite,
                                        google::protobuf::MessageLite>(
          channel.get(), method, &context, request, &result.response);
  for (const auto& [key, value] : context.GetServerTrailingMetadata()) {
    result.trailers.emplace(std::string(key.data(), key.size()),
                            std::string(value.data(), value.size()));
  }
  return result;
}

// A detail of a status, default if it has none of the type.
template <typename Detail>
Detail DetailOf(const grpc::Status& status) {
  google::rpc::Status rpc;
  rpc.ParseFromString(status.error_details());
  Detail detail;
  for (const auto& any : rpc.details()) {
    if (any.template Is<Detail>()) any.UnpackTo(&detail);
  }
  return detail;
}

}  // namespace klarna::testing

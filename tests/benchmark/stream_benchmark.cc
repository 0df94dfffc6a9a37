// SPDX-License-Identifier: Apache-2.0
//
// How fast lists stream through the gateway, beside a gRPC server that streams
// the very same messages from memory. Sandbox, gateway, memory server and
// client share this process and the machine's cores; the two servers are
// measured in turn, and the median of the pairs' ratios is printed.
//
//   stream_benchmark [rounds] [entities]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "service/rpc/byte_buffer.h"
#include "service/rpc/raw_service.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna {
namespace {

namespace settlements = ::klarna::settlements::v1;

constexpr char kService[] = "klarna.settlements.v1.SettlementsService";

// Streams recorded messages to whoever calls.
class MemoryServer final : private rpc::CallHandler {
 public:
  MemoryServer(const rest::RouteTable& routes,
               std::vector<std::string> messages)
      : messages_(std::move(messages)) {
    CallHandler& handler = *this;
    for (const auto* service : routes.services()) {
      if (service->full_name() != kService) continue;
      service_ = std::make_unique<rpc::RawService>(*service, routes, handler);
    }
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                   grpc::InsecureChannelCredentials());
  }

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  class Reactor final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
   public:
    explicit Reactor(const std::vector<std::string>& messages)
        : messages_(messages) {
      WriteNext();
    }
    void OnWriteDone(bool ok) override {
      if (!ok) return Finish(grpc::Status::CANCELLED);
      WriteNext();
    }
    void OnDone() override { delete this; }

   private:
    void WriteNext() {
      if (next_ == messages_.size()) return Finish(grpc::Status::OK);
      const grpc::Slice slice(messages_[next_].data(), messages_[next_].size(),
                              grpc::Slice::STATIC_SLICE);
      ++next_;
      buffer_ = grpc::ByteBuffer(&slice, 1);
      StartWrite(&buffer_);
    }

    const std::vector<std::string>& messages_;
    size_t next_ = 0;
    grpc::ByteBuffer buffer_;
  };

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Subscribe(
      grpc::CallbackServerContext&, const rest::Method&,
      const grpc::ByteBuffer&) override {
    return new Reactor(messages_);
  }
  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext& context,
                                    const rest::Method&,
                                    const grpc::ByteBuffer&,
                                    grpc::ByteBuffer&) override {
    auto* reactor = context.DefaultReactor();
    reactor->Finish(grpc::Status(grpc::UNIMPLEMENTED, "streams only"));
    return reactor;
  }

  const std::vector<std::string> messages_;
  std::unique_ptr<rpc::RawService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

settlements::SubscribeRequest Request() {
  settlements::SubscribeRequest request;
  request.mutable_list_transactions()->set_payment_reference("PAYOUT00001");
  return request;
}

// Entities a second of one whole stream.
double Measure(const std::shared_ptr<grpc::Channel>& channel,
               const runtime::Clock& clock, int64_t expected) {
  const runtime::Instant start = clock.Now();
  int64_t entities = 0;
  const grpc::Status status =
      testing::ReadStream<settlements::SubscribeResponse>(
          channel, kService, Request(),
          [&](const settlements::SubscribeResponse& message) {
            entities += message.transactions().transactions_size();
            return true;
          });
  if (!status.ok() || entities != expected) {
    std::fprintf(stderr, "got %ld entities: %s\n", static_cast<long>(entities),
                 status.error_message().c_str());
    std::exit(1);
  }
  return static_cast<double>(entities) /
         absl::ToDoubleSeconds(clock.Now() - start);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void Run(int rounds, int entities) {
  runtime::SystemClock clock;
  sandbox::SandboxOptions options;
  options.transactions = entities;
  const auto sandbox = testing::StartSandbox(options, clock);
  testing::GatewayUnderTest gateway(sandbox->url());
  std::vector<std::string> messages;
  size_t bytes = 0;
  const grpc::Status recorded =
      testing::ReadStream<settlements::SubscribeResponse>(
          gateway.channel(), kService, Request(),
          [&](const settlements::SubscribeResponse& message) {
            messages.push_back(message.SerializeAsString());
            bytes += messages.back().size();
            return true;
          });
  if (!recorded.ok()) {
    std::fprintf(stderr, "cannot record: %s\n",
                 recorded.error_message().c_str());
    std::exit(1);
  }
  const size_t count = messages.size();
  const auto routes = rest::RouteTable::Compile(rest::LinkedServices());
  MemoryServer memory(**routes, std::move(messages));

  std::vector<double> ratios, through_gateway, from_memory;
  for (int i = 0; i < rounds; ++i) {
    through_gateway.push_back(Measure(gateway.channel(), clock, entities));
    from_memory.push_back(Measure(memory.channel(), clock, entities));
    ratios.push_back(through_gateway.back() / from_memory.back());
  }
  std::printf("%d entities, %zu messages, %zu bytes, %d rounds, medians\n",
              entities, count, bytes, rounds);
  std::printf("gateway  %9.0f entities/s\n", Median(through_gateway));
  std::printf("memory   %9.0f entities/s\n", Median(from_memory));
  std::printf("ratio    %9.2f\n", Median(ratios));
}

}  // namespace
}  // namespace klarna

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  klarna::Run(argc > 1 ? std::atoi(argv[1]) : 7,
              argc > 2 ? std::atoi(argv[2]) : 100'000);
}

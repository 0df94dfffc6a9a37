// SPDX-License-Identifier: Apache-2.0
//
// Callers that leave at random moments: by a cancel, by their deadline, or by a
// connection that breaks with several calls on it. Meant for builds with
// sanitizers; not part of the test suite, since its moments are random.
//
//   leave_stress SECONDS [SEED]
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "grpcpp/create_channel_posix.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "service/auth/uuid.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::testing {
namespace {

namespace om = order_management::v1;
using settlements::v1::SubscribeRequest;
using settlements::v1::SubscribeResponse;
using std::chrono::microseconds;
using Random = std::mt19937;

constexpr char kSettlements[] =
    "/klarna.settlements.v1.SettlementsService/Subscribe";
constexpr char kOrderManagement[] =
    "/klarna.order_management.v1.OrderManagementService/Publish";
constexpr int kConnections = 8;
constexpr int kCallsPerConnection = 4;

microseconds Moment(Random& random) {
  // Early moments are the interesting ones, so most of them are early.
  const int longest = 1 << std::uniform_int_distribution<>(4, 16)(random);
  return microseconds(std::uniform_int_distribution<>(0, longest)(random));
}

int Connect(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) < 0) {
    std::perror("connect to the gateway");
    std::abort();
  }
  return fd;
}

struct Tally {
  std::atomic<int64_t> ok = 0, cancelled = 0, late = 0, other = 0;

  void Count(const grpc::Status& status) {
    switch (status.error_code()) {
      case grpc::OK:
        ++ok;
        break;
      case grpc::CANCELLED:
        ++cancelled;
        break;
      case grpc::DEADLINE_EXCEEDED:
        ++late;
        break;
      default:
        ++other;
    }
  }
};

grpc::Status Stream(grpc::Channel& channel, grpc::ClientContext& context,
                    Random& random) {
  SubscribeRequest request;
  if (random() % 3 == 0) {
    request.mutable_get_payout_report_with_transactions()
        ->set_payment_reference("PAYOUT00001");
  } else {
    request.mutable_list_transactions()->set_payment_reference("PAYOUT00001");
    request.mutable_paging()->set_page_size(
        static_cast<int32_t>(1 + random() % 500));
  }
  const grpc::internal::RpcMethod method(
      kSettlements, grpc::internal::RpcMethod::SERVER_STREAMING);
  const std::unique_ptr<grpc::ClientReader<SubscribeResponse>> reader(
      grpc::internal::ClientReaderFactory<SubscribeResponse>::Create(
          &channel, method, &context, request));
  const bool dawdles = random() % 4 == 0;
  for (SubscribeResponse message; reader->Read(&message);) {
    if (dawdles) std::this_thread::sleep_for(Moment(random));
  }
  return reader->Finish();
}

grpc::Status Capture(grpc::Channel& channel, grpc::ClientContext& context,
                     const std::string& order_id) {
  runtime::SystemClock clock;
  runtime::SystemRandom uuid_random;
  om::PublishRequest request;
  request.set_request_id(auth::TimeUuid(clock.WallNow(), uuid_random));
  request.mutable_create_capture()->set_order_id(order_id);
  request.mutable_create_capture()->mutable_capture()->set_captured_amount(1);
  om::PublishResponse response;
  const grpc::internal::RpcMethod method(kOrderManagement,
                                         grpc::internal::RpcMethod::NORMAL_RPC);
  return grpc::internal::BlockingUnaryCall<
      om::PublishRequest, om::PublishResponse, google::protobuf::MessageLite,
      google::protobuf::MessageLite>(&channel, method, &context, request,
                                     &response);
}

// Opens one connection with several calls and leaves it in one of the ways.
void ComeAndLeave(int port, const std::string& order_id, Random& random,
                  Tally& tally) {
  const int fd = Connect(port);
  const int same_connection = dup(fd);
  const auto channel = grpc::CreateInsecureChannelFromFd("gateway", fd);
  std::array<grpc::ClientContext, kCallsPerConnection> contexts;
  const bool by_deadline = random() % 4 == 0;
  std::vector<std::thread> callers;
  for (grpc::ClientContext& context : contexts) {
    if (by_deadline) {
      context.set_deadline(std::chrono::system_clock::now() + Moment(random));
    }
    callers.emplace_back([&, own = Random(random())]() mutable {
      tally.Count(own() % 5 == 0 ? Capture(*channel, context, order_id)
                                 : Stream(*channel, context, own));
    });
  }
  if (random() % 2 == 0) {
    for (grpc::ClientContext& context : contexts) {
      std::this_thread::sleep_for(Moment(random));
      context.TryCancel();
    }
  } else if (random() % 4 != 0) {
    std::this_thread::sleep_for(Moment(random));
    shutdown(same_connection, SHUT_RDWR);
  }
  for (std::thread& caller : callers) caller.join();
  close(same_connection);
}

std::string OrderId(sandbox::SandboxServer& sandbox) {
  std::string id;
  sandbox.With([&](sandbox::Klarna& klarna) {
    for (const auto& known : klarna.WellKnownIds()) {
      if (known.name == "order, authorized") id = known.id;
    }
  });
  return id;
}

int Run(std::chrono::seconds duration, unsigned seed) {
  runtime::SystemClock clock;
  sandbox::SandboxOptions options;
  options.transactions = 5000;
  const auto sandbox = StartSandbox(options, clock);
  GatewayUnderTest gateway(
      sandbox->url(), [](config::Config& config) { config.event_loops = 2; });
  const std::string order_id = OrderId(*sandbox);
  const auto end = std::chrono::steady_clock::now() + duration;
  Tally tally;
  std::vector<std::thread> connections;
  for (unsigned i = 0; i < kConnections; ++i) {
    connections.emplace_back([&, random = Random(seed + i)]() mutable {
      while (std::chrono::steady_clock::now() < end) {
        ComeAndLeave(gateway.port(), order_id, random, tally);
      }
    });
  }
  for (std::thread& connection : connections) connection.join();
  std::printf("calls: %ld served, %ld cancelled, %ld late, %ld other\n",
              tally.ok.load(), tally.cancelled.load(), tally.late.load(),
              tally.other.load());

  SubscribeRequest request;
  request.mutable_list_transactions()->set_payment_reference("PAYOUT00001");
  int64_t entities = 0;
  const grpc::Status status = ReadStream<SubscribeResponse>(
      gateway.channel(), "klarna.settlements.v1.SettlementsService", request,
      [&](const SubscribeResponse& message) {
        entities += message.transactions().transactions_size();
        return true;
      });
  std::printf("afterwards: %ld of %d entities, %s\n", entities,
              options.transactions,
              status.ok() ? "OK" : status.error_message().c_str());
  return status.ok() && entities == options.transactions ? 0 : 1;
}

}  // namespace
}  // namespace klarna::testing

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: leave_stress SECONDS [SEED]\n");
    return 2;
  }
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return klarna::testing::Run(
      std::chrono::seconds(std::atoi(argv[1])),
      argc == 3 ? static_cast<unsigned>(std::atoi(argv[2])) : 1);
}

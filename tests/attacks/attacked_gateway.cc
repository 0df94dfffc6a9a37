// SPDX-License-Identifier: Apache-2.0
#include "tests/attacks/attacked_gateway.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "klarna/settlements/v1/settlements_service.pb.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::testing {
namespace {

using settlements::v1::SubscribeRequest;
using settlements::v1::SubscribeResponse;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
constexpr std::chrono::seconds kPatience(kSanitized ? 60 : 5);

sandbox::SandboxOptions Options() {
  sandbox::SandboxOptions options;
  options.transactions = AttackedGateway::kTransactions;
  return options;
}

}  // namespace

AttackedGateway::AttackedGateway(const std::string& settings,
                                 const std::string& listen,
                                 const std::string& upstream)
    : sandbox_(StartSandbox(Options(), clock_)),
      gateway_(std::make_unique<RunningGateway>(
          upstream.empty() ? sandbox_->url() : upstream, settings, listen)),
      before_(Memory()) {}

bool AttackedGateway::Serves(int port) {
  SubscribeRequest request;
  request.mutable_get_payout()->set_payment_reference("PAYOUT00001");
  const std::string name = kPath;
  const grpc::internal::RpcMethod method(
      name.c_str(), grpc::internal::RpcMethod::SERVER_STREAMING);
  const auto channel = ConnectTo(port);
  const auto deadline = std::chrono::system_clock::now() + kPatience;
  grpc::Status status;
  do {
    grpc::ClientContext context;
    context.set_deadline(deadline);
    const std::unique_ptr<grpc::ClientReader<SubscribeResponse>> reader(
        grpc::internal::ClientReaderFactory<SubscribeResponse>::Create(
            channel.get(), method, &context, request));
    SubscribeResponse message;
    while (reader->Read(&message)) {
    }
    status = reader->Finish();
    // As RetryInfo says.
    if (!status.ok())
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
  } while (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED &&
           std::chrono::system_clock::now() < deadline);
  if (!status.ok())
    std::printf("not served: %s\n", status.error_message().c_str());
  return status.ok();
}

long AttackedGateway::Memory() const {
  if (kSanitized) return 0;
  std::ifstream status("/proc/" + std::to_string(gateway_->process().pid()) +
                       "/status");
  const std::string what = "VmRSS:";
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(what)) {
      return std::atol(line.c_str() + what.size()) / 1024;
    }
  }
  return 0;
}

std::string AttackedGateway::ListRequest() {
  SubscribeRequest request;
  request.mutable_list_transactions()->set_payment_reference("PAYOUT00001");
  return request.SerializeAsString();
}

}  // namespace klarna::testing

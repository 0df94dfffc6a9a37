// SPDX-License-Identifier: Apache-2.0
// The tour that deploy/quickstart gives: what a payout consists of, one of its
// orders, and with --sandbox a purchase from its session to a refund. Exits
// with 1 when a call fails or an amount does not add up.

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client_stubs/cpp/order_step.h"
#include "client_stubs/cpp/payout_step.h"
#include "client_stubs/cpp/purchase_step.h"
#include "client_stubs/cpp/simulated_klarna.h"

ABSL_FLAG(std::string, target, "127.0.0.1:50051", "Address of the gateway");
ABSL_FLAG(std::string, sandbox, "",
          "URL of the gateway's simulated Klarna, which its log names. Without "
          "it nothing is bought");

namespace klarna::demo {
namespace {

absl::Status Run(const std::string& target, const std::string& sandbox) {
  const std::shared_ptr<grpc::Channel> channel =
      grpc::CreateChannel(target, grpc::InsecureChannelCredentials());
  if (!channel->WaitForConnected(std::chrono::system_clock::now() +
                                 std::chrono::seconds(10))) {
    return absl::UnavailableError(
        absl::StrCat("no gateway answers at ", target,
                     " within 10 s: start one, or name it with --target"));
  }
  const auto settlements =
      settlements::v1::SettlementsService::NewStub(channel);
  const absl::StatusOr<std::string> order_id = ReadLargestPayout(*settlements);
  if (!order_id.ok()) return order_id.status();

  const auto orders =
      order_management::v1::OrderManagementService::NewStub(channel);
  const auto order = ReadOrder(*orders, *order_id);
  if (!order.ok() || sandbox.empty()) return order.status();

  const auto payments = payments::v1::PaymentsService::NewStub(channel);
  SimulatedKlarna klarna(sandbox);
  return BuyAndShip(*payments, *orders, klarna);
}

}  // namespace
}  // namespace klarna::demo

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Reads payouts and an order, and sells something, through "
      "klarna-gateway");
  absl::ParseCommandLine(argc, argv);
  const absl::Status status = klarna::demo::Run(absl::GetFlag(FLAGS_target),
                                                absl::GetFlag(FLAGS_sandbox));
  if (!status.ok()) {
    absl::FPrintF(stderr, "\nFailed: %s\n", status.ToString());
    return 1;
  }
  absl::PrintF("\nEverything adds up.\n");
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
//
// The programs themselves, as processes: killed in the middle, stopped, given
// bad settings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "klarna/settlements/v1/settlements_service.pb.h"
#include "tests/end_to_end/child_process.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::testing {
namespace {

using settlements::v1::SubscribeRequest;
using settlements::v1::SubscribeResponse;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kService[] = "klarna.settlements.v1.SettlementsService";
constexpr int kTransactions = 100'000;

class ProcessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config_file_ =
        ::testing::TempDir() + "/gateway-" + std::to_string(getpid()) + ".yaml";
    sandbox_ = std::make_unique<ChildProcess>(std::vector<std::string>{
        KLARNA_SANDBOX_PROGRAM, "--port=0",
        "--transactions=" + std::to_string(kTransactions)});
    const std::string line = sandbox_->WaitForLine("http://");
    std::string url = line.substr(line.find("http://"));
    url = url.substr(0, url.find_first_not_of("http://.:0123456789"));
    std::ofstream(config_file_)
        << "accounts:\n"
           "  - name: main\n"
           "    base_uri: "
        << url
        << "\n"
           "    credentials:\n"
           "      basic: {user: sandbox, password: {env: PASSWORD}}\n"
           "resume_tokens: {secrets: [{env: TOKEN_SECRET}]}\n"
           "drain_wait: 0s\n";
  }
  void TearDown() override { unlink(config_file_.c_str()); }

  // A gateway of its own, with the token secret that all of them share.
  std::unique_ptr<ChildProcess> StartGateway() {
    auto gateway = std::make_unique<ChildProcess>(
        std::vector<std::string>{KLARNA_GATEWAY_PROGRAM, "--config",
                                 config_file_, "--listen", "127.0.0.1:0"},
        std::vector<std::string>{
            "PASSWORD=sandbox",
            "TOKEN_SECRET=0123456789abcdef0123456789abcdef"});
    const std::string line = gateway->WaitForLine("\"listening\"");
    const size_t port = line.find("\"port\":");
    EXPECT_NE(port, std::string::npos) << line;
    channel_ = grpc::CreateChannel(
        "127.0.0.1:" + std::to_string(std::atoi(line.c_str() + port + 7)),
        grpc::InsecureChannelCredentials());
    return gateway;
  }

  std::string config_file_;
  std::unique_ptr<ChildProcess> sandbox_;
  std::shared_ptr<grpc::Channel> channel_;
};

// The number that the sandbox gives each transaction's order, capture or
// refund is not unique by itself; the whole row and its neighbours are, so a
// run is compared with an undisturbed one.
std::vector<size_t> Rows(const std::vector<SubscribeResponse>& messages) {
  std::vector<size_t> rows;
  for (const SubscribeResponse& message : messages) {
    for (const auto& row : message.transactions().transactions()) {
      rows.push_back(std::hash<std::string>()(row.SerializeAsString()));
    }
  }
  return rows;
}

TEST_F(ProcessTest, NothingIsLostOrRepeatedWhenClientAndGatewayAreKilled) {
  SubscribeRequest request;
  request.mutable_list_transactions()->set_payment_reference("PAYOUT00001");
  auto gateway = StartGateway();
  const auto whole =
      Rows(Subscribe<SubscribeResponse>(channel_, kService, request).messages);
  ASSERT_EQ(whole.size(), static_cast<size_t>(kTransactions));

  // The client goes away after about a third.
  size_t taken = 0;
  const auto first = Subscribe<SubscribeResponse>(
      channel_, kService, request, [&](const SubscribeResponse& message) {
        taken +=
            static_cast<size_t>(message.transactions().transactions_size());
        return taken < kTransactions / 3;
      });
  std::vector<size_t> rows = Rows(first.messages);
  request.mutable_paging()->set_resume_token(
      first.messages.back().batch().resume_token());

  // The gateway is killed after about another third.
  const auto second = Subscribe<SubscribeResponse>(
      channel_, kService, request, [&](const SubscribeResponse& message) {
        taken +=
            static_cast<size_t>(message.transactions().transactions_size());
        if (taken > 2 * kTransactions / 3 && gateway) {
          EXPECT_EQ(gateway->Stop(SIGKILL), -SIGKILL);
          gateway.reset();
        }
        return true;
      });
  EXPECT_EQ(second.status.error_code(), grpc::UNAVAILABLE);
  for (size_t row : Rows(second.messages)) rows.push_back(row);
  request.mutable_paging()->set_resume_token(
      second.messages.back().batch().resume_token());

  gateway = StartGateway();
  const auto third = Subscribe<SubscribeResponse>(channel_, kService, request);
  ASSERT_TRUE(third.status.ok()) << third.status.error_message();
  for (size_t row : Rows(third.messages)) rows.push_back(row);
  EXPECT_TRUE(rows == whole);
  EXPECT_TRUE(third.messages.back().batch().complete());
}

TEST_F(ProcessTest, SigtermEndsTheGatewayInOrder) {
  auto gateway = StartGateway();
  EXPECT_EQ(gateway->Stop(SIGTERM), 0);
}

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST_F(ProcessTest, NoSecretIsOnItsCommandLineOrInACoreDump) {
  const auto gateway = StartGateway();
  const std::string folder = "/proc/" + std::to_string(gateway->pid());
  EXPECT_THAT(ReadFile(folder + "/cmdline"),
              AllOf(HasSubstr("--config"), Not(HasSubstr("0123456789abcdef"))));
  EXPECT_THAT(ReadFile(folder + "/limits"),
              ContainsRegex("Max core file size +0 +0 "));
}

TEST_F(ProcessTest, AnAccountIsCheckedByOneReadPerDomain) {
  ChildProcess good(
      {KLARNA_GATEWAY_PROGRAM, "check-account", "main", "--config",
       config_file_},
      {"PASSWORD=sandbox", "TOKEN_SECRET=0123456789abcdef0123456789abcdef"});
  EXPECT_THAT(good.WaitForLine("settlements:"), HasSubstr("good"));
  ChildProcess bad(
      {KLARNA_GATEWAY_PROGRAM, "check-account", "main", "--config",
       config_file_},
      {"PASSWORD=wrong", "TOKEN_SECRET=0123456789abcdef0123456789abcdef"});
  EXPECT_THAT(bad.WaitForLine("settlements:"), HasSubstr("BAD"));
  EXPECT_THAT(bad.WaitForLine("environment"), HasSubstr("region (eu, na, oc)"));
}

TEST_F(ProcessTest, ATakenPortIsAClearError) {
  StartGateway();
  ChildProcess first(
      {KLARNA_GATEWAY_PROGRAM, "--sandbox", "--listen", "127.0.0.1:0"});
  const std::string line = first.WaitForLine("\"listening\"");
  const std::string port =
      std::to_string(std::atoi(line.c_str() + line.find("\"port\":") + 7));
  ChildProcess second(
      {KLARNA_GATEWAY_PROGRAM, "--sandbox", "--listen", "127.0.0.1:" + port});
  EXPECT_THAT(second.WaitForLine("klarna-gateway:"),
              HasSubstr("cannot listen on 127.0.0.1:" + port));
}

TEST_F(ProcessTest, AMisspeltSettingIsNamedWithItsLine) {
  std::ofstream(config_file_, std::ios::app) << "lisen: 127.0.0.1:1\n";
  ChildProcess gateway({KLARNA_GATEWAY_PROGRAM, "--config", config_file_},
                       {"PASSWORD=sandbox", "TOKEN_SECRET=x"});
  EXPECT_THAT(gateway.WaitForLine("lisen"), HasSubstr("listen"));
}

}  // namespace
}  // namespace klarna::testing

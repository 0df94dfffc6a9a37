// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/running_gateway.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace klarna::testing {
namespace {

std::string ConfigFile() {
  static std::atomic<int> number = 0;
  return absl::StrCat(::testing::TempDir(), "/running-gateway-", getpid(), "-",
                      ++number, ".yaml");
}

}  // namespace

RunningGateway::RunningGateway(const std::string& upstream,
                               const std::string& settings,
                               const std::string& listen)
    : config_file_(ConfigFile()) {
  std::ofstream(config_file_)
      << "accounts:\n  - name: main\n    base_uri: " << upstream
      << "\n    credentials:\n"
         "      basic: {user: sandbox, password: {env: PASSWORD}}\n"
         "resume_tokens: {secrets: [{env: TOKEN_SECRET}]}\n"
      << settings;
  process_ = std::make_unique<ChildProcess>(
      std::vector<std::string>{KLARNA_GATEWAY_PROGRAM, "--config", config_file_,
                               "--listen", listen},
      std::vector<std::string>{
          "PASSWORD=sandbox", "TOKEN_SECRET=0123456789abcdef0123456789abcdef"});
  const std::string line = process_->WaitForLine("\"listening\"");
  const size_t port = line.find("\"port\":");
  if (port == std::string::npos) {
    ADD_FAILURE() << "the gateway does not listen";
    return;
  }
  port_ = std::atoi(line.c_str() + port + 7);
}

RunningGateway::~RunningGateway() { unlink(config_file_.c_str()); }

std::shared_ptr<grpc::Channel> RunningGateway::Connect() const {
  return ConnectTo(port_);
}

std::shared_ptr<grpc::Channel> ConnectTo(int port) {
  grpc::ChannelArguments arguments;
  // Channels to the same address would share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port),
                                   grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace klarna::testing

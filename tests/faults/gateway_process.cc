// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/gateway_process.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace klarna::faults {

GatewayProcess::GatewayProcess(const std::vector<std::string>& command,
                               const std::vector<std::string>& environment,
                               const std::string& mark,
                               const std::string& before_port)
    : process_(command, environment) {
  const std::string line = process_.WaitForLine(mark);
  const size_t at = line.find(before_port);
  EXPECT_NE(at, std::string::npos) << command[0] << " says no port: " << line;
  if (at == std::string::npos) return;
  const int port = std::atoi(line.c_str() + at + before_port.size());
  grpc::ChannelArguments arguments;
  // Another process may have had the port before.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  channel_ =
      grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port),
                                grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace klarna::faults

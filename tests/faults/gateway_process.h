// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "tests/end_to_end/child_process.h"

namespace klarna::faults {

// A process that serves gRPC, and a channel to it. Killed by the destructor.
class GatewayProcess {
 public:
  // The program says its port on the line with `mark`, behind `before_port`.
  GatewayProcess(const std::vector<std::string>& command,
                 const std::vector<std::string>& environment,
                 const std::string& mark, const std::string& before_port);

  testing::ChildProcess& process() { return process_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  testing::ChildProcess process_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace klarna::faults

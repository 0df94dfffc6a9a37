// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "grpcpp/grpcpp.h"
#include "tests/end_to_end/child_process.h"

namespace klarna::testing {

// The gateway's program, with one account at `upstream` and the secret for
// resume tokens that all of them share. Killed by the destructor.
//
//   RunningGateway gateway(sandbox->url(), "drain_wait: 1s\n");
//   Subscribe<SubscribeResponse>(gateway.Connect(), kService, request);
//   gateway.process().Signal(SIGTERM);
class RunningGateway {
 public:
  // `settings` are further lines of the configuration.
  explicit RunningGateway(const std::string& upstream,
                          const std::string& settings = "",
                          const std::string& listen = "127.0.0.1:0");
  ~RunningGateway();

  int port() const { return port_; }
  ChildProcess& process() { return *process_; }

  // A connection of its own.
  std::shared_ptr<grpc::Channel> Connect() const;

 private:
  std::string config_file_;
  std::unique_ptr<ChildProcess> process_;
  int port_ = 0;
};

// A connection of its own to a port of 127.0.0.1.
std::shared_ptr<grpc::Channel> ConnectTo(int port);

}  // namespace klarna::testing

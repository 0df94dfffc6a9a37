// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "service/runtime/system_clock.h"
#include "service/sandbox/sandbox_server.h"
#include "tests/end_to_end/running_gateway.h"

namespace klarna::testing {

// The gateway's program with a sandbox behind it, or `upstream`, its memory,
// and a client that behaves well.
class AttackedGateway {
 public:
  static constexpr char kPath[] =
      "/klarna.settlements.v1.SettlementsService/Subscribe";

  static constexpr int kTransactions = 50'000;

  explicit AttackedGateway(const std::string& settings = "",
                           const std::string& listen = "127.0.0.1:0",
                           const std::string& upstream = "");

  int port() const { return gateway_->port(); }
  RunningGateway& gateway() { return *gateway_; }

  // Whether a call on a new connection is answered within five seconds, a
  // minute under a sanitizer, at a second try perhaps where the first one is
  // told that it is too much; of the gateway, or of what listens on `port`
  // before it.
  bool Serves() const { return Serves(port()); }
  static bool Serves(int port);

  // MiB that the process holds more than at its start. 0 under a sanitizer:
  // most would be the sanitizer's own.
  long Growth() const { return Memory() - before_; }

  // A SubscribeRequest for all transactions.
  static std::string ListRequest();

 private:
  long Memory() const;

  runtime::SystemClock clock_;
  std::unique_ptr<sandbox::SandboxServer> sandbox_;
  std::unique_ptr<RunningGateway> gateway_;
  long before_ = 0;
};

}  // namespace klarna::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "service/runtime/clock.h"
#include "service/sandbox/http_server.h"
#include "service/sandbox/klarna.h"
#include "service/sandbox/options.h"

namespace klarna::sandbox {

// A simulated Klarna that listens on 127.0.0.1.
//
//   SandboxOptions options;
//   options.transactions = 100000;
//   auto sandbox = SandboxServer::Start(options, /*port=*/0, clock);
//   Call((*sandbox)->url() + "/settlements/v1/payouts");
//   (*sandbox)->With([](Klarna& klarna) { klarna.faults().Add(...); });
//
// Thread-safe. The destructor stops it.
class SandboxServer {
 public:
  // `port` 0 takes a free one; `clock` must outlive the server. UNAVAILABLE if
  // the port cannot be had.
  static absl::StatusOr<std::unique_ptr<SandboxServer>> Start(
      const SandboxOptions& options, uint16_t port,
      const runtime::Clock& clock);

  ~SandboxServer();

  uint16_t port() const { return server_->port(); }
  std::string url() const;  // "http://127.0.0.1:8080".

  // Runs `use` between two requests: faults, the ledger, what a shopper does.
  void With(const std::function<void(Klarna&)>& use);

 private:
  explicit SandboxServer(std::unique_ptr<Klarna> klarna)
      : klarna_(std::move(klarna)) {}

  std::unique_ptr<Klarna> klarna_;  // Outlives the server's answers.
  std::unique_ptr<HttpServer> server_;
};

}  // namespace klarna::sandbox

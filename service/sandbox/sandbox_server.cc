// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/sandbox_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/sandbox/control.h"

namespace klarna::sandbox {

absl::StatusOr<std::unique_ptr<SandboxServer>> SandboxServer::Start(
    const SandboxOptions& options, uint16_t port, const runtime::Clock& clock) {
  std::unique_ptr<SandboxServer> sandbox(
      new SandboxServer(std::make_unique<Klarna>(options, clock)));
  Klarna& klarna = *sandbox->klarna_;
  HttpServer::Handler handler = [&klarna](const Request& request) {
    return klarna.Handle(request);
  };
  if (options.control) {
    handler = [&klarna, control = Control(klarna)](const Request& request) {
      return Control::Owns(request) ? control.Handle(request)
                                    : klarna.Handle(request);
    };
  }
  auto server = HttpServer::Start(port, std::move(handler));
  if (!server.ok()) return server.status();
  sandbox->server_ = *std::move(server);
  return sandbox;
}

SandboxServer::~SandboxServer() = default;

std::string SandboxServer::url() const {
  return absl::StrCat("http://127.0.0.1:", port());
}

void SandboxServer::With(const std::function<void(Klarna&)>& use) {
  server_->Run([this, &use] { use(*klarna_); });
}

}  // namespace klarna::sandbox

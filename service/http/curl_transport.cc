// SPDX-License-Identifier: Apache-2.0
#include "service/http/curl_transport.h"

#include <unistd.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/http/curl_handle_pool.h"
#include "service/http/curl_multi.h"
#include "service/http/curl_transfer.h"
#include "service/http/kept_sockets.h"

namespace klarna::http {
namespace {

// What the caller holds: its destruction aborts.
class Handle final : public Transfer {
 public:
  explicit Handle(std::shared_ptr<CurlTransfer> transfer)
      : transfer_(std::move(transfer)) {}
  ~Handle() override { transfer_->Abort(); }
  void Resume() override { transfer_->Resume(); }

 private:
  const std::shared_ptr<CurlTransfer> transfer_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<CurlTransport>> CurlTransport::Create(
    runtime::EventLoop& loop, Resolver& resolver,
    CurlTransportOptions options) {
  if (!options.ca_file.empty() && access(options.ca_file.c_str(), R_OK) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the CA file ", options.ca_file,
        " cannot be read; name a readable file of PEM certificates"));
  }
  absl::StatusOr<std::unique_ptr<CurlMulti>> multi =
      CurlMulti::Create(loop, options.max_idle_connections);
  if (!multi.ok()) return multi.status();
  return std::unique_ptr<CurlTransport>(
      new CurlTransport(loop, resolver, std::move(options), *std::move(multi)));
}

CurlTransport::CurlTransport(runtime::EventLoop& loop, Resolver& resolver,
                             CurlTransportOptions options,
                             std::unique_ptr<CurlMulti> multi)
    : loop_(loop),
      resolver_(resolver),
      options_(std::move(options)),
      sockets_(std::make_unique<KeptSockets>()),
      multi_(std::move(multi)),
      handles_(std::make_unique<CurlHandlePool>()) {}

CurlTransport::~CurlTransport() = default;

std::unique_ptr<Transfer> CurlTransport::Start(HttpRequest request,
                                               ResponseSink& sink) {
  auto transfer = std::make_shared<CurlTransfer>(
      CurlContext{loop_, resolver_, options_, *multi_, *handles_, *sockets_},
      std::move(request), sink);
  // In a task of its own: Start may be called from within libcurl's callbacks.
  loop_.Post([weak = std::weak_ptr<CurlTransfer>(transfer)] {
    if (auto begun = weak.lock()) begun->Begin();
  });
  return std::make_unique<Handle>(std::move(transfer));
}

}  // namespace klarna::http

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/http/resolver.h"
#include "service/http/transport.h"
#include "service/runtime/event_loop.h"

namespace klarna::http {

class CurlMulti;
class CurlHandlePool;
class KeptSockets;

struct CurlTransportOptions {
  // The certificates that are trusted, as PEM. Empty: those of the system.
  std::string ca_file;
  // For the name, TCP and TLS together.
  absl::Duration connect_timeout = absl::Seconds(10);
  // Whether a host other than a literal loopback address or `localhost` may be
  // at an address that is not public.
  bool allow_private_addresses = false;
  // Connections kept open between requests.
  int max_idle_connections = 256;
};

// The HttpTransport of production: libcurl, HTTP/1.1 with keep-alive.
//
//   auto transport = CurlTransport::Create(loop, resolver, {});
//   loop.Post([&] { transfer = (*transport)->Start(request, sink); });
//
// https with TLS 1.2 or later; plain http only to a literal loopback address or
// `localhost`. A mutation's bytes are written at most once: libcurl's own
// second try on a connection that turns out to be dead is made impossible. Made
// by any thread, then used and destroyed on the loop's thread (or after the
// loop has stopped), after its transfers. Changed CA files need a new
// transport.
class CurlTransport final : public HttpTransport {
 public:
  // `loop` and `resolver` must outlive the transport. INVALID_ARGUMENT if the
  // CA file cannot be read; INTERNAL if libcurl cannot be set up.
  static absl::StatusOr<std::unique_ptr<CurlTransport>> Create(
      runtime::EventLoop& loop, Resolver& resolver,
      CurlTransportOptions options);

  ~CurlTransport() override;

  std::unique_ptr<Transfer> Start(HttpRequest request,
                                  ResponseSink& sink) override;

 private:
  CurlTransport(runtime::EventLoop& loop, Resolver& resolver,
                CurlTransportOptions options, std::unique_ptr<CurlMulti> multi);

  runtime::EventLoop& loop_;
  Resolver& resolver_;
  const CurlTransportOptions options_;
  const std::unique_ptr<KeptSockets> sockets_;  // Outlives the connections.
  const std::unique_ptr<CurlMulti> multi_;
  const std::unique_ptr<CurlHandlePool> handles_;
};

}  // namespace klarna::http

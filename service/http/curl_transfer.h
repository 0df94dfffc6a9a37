// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/http/curl_handle_pool.h"
#include "service/http/curl_multi.h"
#include "service/http/curl_settings.h"
#include "service/http/curl_transport.h"
#include "service/http/ip_address.h"
#include "service/http/kept_sockets.h"
#include "service/http/request_check.h"
#include "service/http/resolver.h"
#include "service/http/response_reader.h"
#include "service/http/transport.h"
#include "service/runtime/event_loop.h"

namespace klarna::http {

// What the transfers of one CurlTransport share.
struct CurlContext {
  runtime::EventLoop& loop;
  Resolver& resolver;
  const CurlTransportOptions& options;
  CurlMulti& multi;
  CurlHandlePool& handles;
  KeptSockets& sockets;
};

// One exchange over libcurl: check, resolve, send, read, report.
//
//   auto transfer = std::make_shared<CurlTransfer>(context, request, sink);
//   transfer->Begin();   // The sink hears of it later.
//
// While libcurl has the handle, the transfer keeps itself alive; it can be
// aborted at any time, from within the sink's calls too. Belongs to the loop's
// thread.
class CurlTransfer final : public CurlMulti::Client,
                           public std::enable_shared_from_this<CurlTransfer> {
 public:
  CurlTransfer(const CurlContext& context, HttpRequest request,
               ResponseSink& sink);

  // Not from within a call of libcurl.
  void Begin();
  // Takes effect in a later task of the loop.
  void Resume();
  // The sink is not called again.
  void Abort();

  void OnCurlDone(CURLcode code) override;
  void OnCurlRemoved() override { Release(); }

 private:
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  using StringList = std::unique_ptr<curl_slist, FreeList>;

  static size_t OnHeader(char* line, size_t one, size_t size, void* self);
  static size_t OnBody(char* bytes, size_t one, size_t size, void* self);
  static size_t OnUpload(char* room, size_t one, size_t size, void* self);
  static int OnSeek(void* self, curl_off_t offset, int origin);
  static int OnRequest(void* self, char* remote, char* local, int remote_port,
                       int local_port);
  static curl_socket_t OnOpenSocket(void* self, curlsocktype purpose,
                                    curl_sockaddr* address);
  static int OnCloseSocket(void* sockets, curl_socket_t fd);

  void Resolve();
  void OnResolved(const absl::StatusOr<std::vector<IpAddress>>& addresses);
  void OnResolveTimeout();
  void Connect();
  void SetTarget(CurlSettings& settings);
  void SetTimeouts(CurlSettings& settings);
  void SetBody(CurlSettings& settings);
  void SetCallbacks(CurlSettings& settings);
  bool AddHeaderLine(const std::string& line);
  bool MakeHeaderList();
  bool Allows(const IpAddress& address) const;
  void Remember(const std::string& ends, int local_port);
  void StartOver();
  void Continue();
  void End(TransferError error, const std::string& detail);
  TransferResult ResultOf(CURLcode code) const;
  TransferError Classify(CURLcode code) const;
  bool RequestSent() const;
  absl::Duration TimeLeft() const;
  void Release();

  const CurlContext context_;
  const HttpRequest request_;
  ResponseReader reader_;
  RequestTarget target_;
  runtime::Instant started_;

  // While the name is being resolved.
  runtime::Executor::TimerId resolve_timer_ = 0;

  // While libcurl has the handle.
  std::shared_ptr<CurlTransfer> self_;
  CURL* easy_ = nullptr;
  StringList headers_;
  StringList addresses_;
  std::array<char, CURL_ERROR_SIZE> error_text_ = {};
  size_t uploaded_ = 0;
  int requests_ = 0;  // How often libcurl was about to write the request.
  bool refused_address_ = false;
  std::vector<curl_socket_t> opened_;
  bool stale_ = false;  // The connection was closed while it was kept.
  bool fresh_ = false;  // No other kept connection is tried.
  bool paused_in_curl_ = false;
};

}  // namespace klarna::http

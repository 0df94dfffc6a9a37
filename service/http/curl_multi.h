// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "service/runtime/event_loop.h"

namespace klarna::http {

// Drives libcurl's multi interface on an event loop: its sockets are watched by
// the loop, its timer is one of the loop's.
//
//   multi->Add(easy, client);   // client.OnCurlDone(code) when it has ended.
//   multi->Remove(easy);        // Or before that, from anywhere.
//
// The connections, DNS entries and CA store of all its handles are shared.
// Belongs to the loop's thread. libcurl forbids most calls from within its
// callbacks; InCallback tells, and Remove puts itself off.
class CurlMulti {
 public:
  class Client {
   public:
    // The handle has been removed. Not called from within libcurl.
    virtual void OnCurlDone(CURLcode code) = 0;
    // The handle has been removed at last, after a Remove that was put off.
    virtual void OnCurlRemoved() = 0;

   protected:
    ~Client() = default;
  };

  // INTERNAL when libcurl cannot be set up.
  static absl::StatusOr<std::unique_ptr<CurlMulti>> Create(
      runtime::EventLoop& loop, int max_idle_connections);

  // All handles must have been removed.
  ~CurlMulti();

  // Not from within libcurl. The client must outlive the handle's removal.
  CURLMcode Add(CURL* easy, Client& client);

  // Ends the transfer and closes its connection unless it is done. True if it
  // is done at once, false if OnCurlRemoved will say when.
  bool Remove(CURL* easy);

  // Lets a transfer go on that paused itself. Not from within libcurl.
  void Unpause(CURL* easy);

  bool InCallback() const { return in_curl_; }

 private:
  CurlMulti(runtime::EventLoop& loop, CURLM* multi);

  static int OnSocket(CURL* easy, curl_socket_t fd, int what, void* self,
                      void* per_socket);
  static int OnTimer(CURLM* multi, long timeout_ms, void* self);

  void SetTimer(long timeout_ms);
  void Drive(curl_socket_t fd, int curl_events);
  void Reap();

  runtime::EventLoop& loop_;
  CURLM* const multi_;
  runtime::Executor::TimerId timer_ = 0;
  bool in_curl_ = false;
  std::vector<CURL*> doomed_;
};

}  // namespace klarna::http

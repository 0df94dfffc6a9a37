// SPDX-License-Identifier: Apache-2.0
#include "service/http/curl_multi.h"

#include <sys/epoll.h>

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace klarna::http {
namespace {

CurlMulti::Client& ClientOf(CURL* easy) {
  void* client = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &client);
  return *static_cast<CurlMulti::Client*>(client);
}

uint32_t EpollEvents(int what) {
  uint32_t events = 0;
  if (what & CURL_POLL_IN) events |= EPOLLIN;
  if (what & CURL_POLL_OUT) events |= EPOLLOUT;
  return events;
}

int CurlEvents(uint32_t events) {
  int what = 0;
  if (events & (EPOLLIN | EPOLLHUP)) what |= CURL_CSELECT_IN;
  if (events & EPOLLOUT) what |= CURL_CSELECT_OUT;
  if (events & EPOLLERR) what |= CURL_CSELECT_ERR;
  return what;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CurlMulti>> CurlMulti::Create(
    runtime::EventLoop& loop, int max_idle_connections) {
  const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) {
    return absl::InternalError(
        absl::StrCat("curl_global_init: ", curl_easy_strerror(code)));
  }
  CURLM* handle = curl_multi_init();
  if (handle == nullptr) return absl::InternalError("curl_multi_init failed");
  std::unique_ptr<CurlMulti> multi(new CurlMulti(loop, handle));
  curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, &OnSocket);
  curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, multi.get());
  curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, &OnTimer);
  curl_multi_setopt(handle, CURLMOPT_TIMERDATA, multi.get());
  curl_multi_setopt(handle, CURLMOPT_MAXCONNECTS,
                    static_cast<long>(max_idle_connections));
  return multi;
}

CurlMulti::CurlMulti(runtime::EventLoop& loop, CURLM* multi)
    : loop_(loop), multi_(multi) {}

CurlMulti::~CurlMulti() {
  curl_multi_cleanup(multi_);
  loop_.Cancel(timer_);
}

CURLMcode CurlMulti::Add(CURL* easy, Client& client) {
  curl_easy_setopt(easy, CURLOPT_PRIVATE, static_cast<void*>(&client));
  return curl_multi_add_handle(multi_, easy);
}

bool CurlMulti::Remove(CURL* easy) {
  if (in_curl_) {
    doomed_.push_back(easy);
    return false;
  }
  curl_multi_remove_handle(multi_, easy);
  return true;
}

void CurlMulti::Unpause(CURL* easy) {
  {
    // Delivers what it held back from within the call.
    in_curl_ = true;
    const absl::Cleanup out = [this] { in_curl_ = false; };
    curl_easy_pause(easy, CURLPAUSE_CONT);
  }
  Reap();
}

int CurlMulti::OnSocket(CURL* /*easy*/, curl_socket_t fd, int what, void* self,
                        void* /*per_socket*/) {
  CurlMulti& multi = *static_cast<CurlMulti*>(self);
  if (what == CURL_POLL_REMOVE) {
    multi.loop_.UnwatchFd(fd);
    return 0;
  }
  const absl::Status status = multi.loop_.WatchFd(
      fd, EpollEvents(what),
      [&multi, fd](uint32_t events) { multi.Drive(fd, CurlEvents(events)); });
  return status.ok() ? 0 : -1;
}

int CurlMulti::OnTimer(CURLM* /*multi*/, long timeout_ms, void* self) {
  static_cast<CurlMulti*>(self)->SetTimer(timeout_ms);
  return 0;
}

void CurlMulti::SetTimer(long timeout_ms) {
  loop_.Cancel(std::exchange(timer_, 0));
  if (timeout_ms < 0) return;
  timer_ = loop_.RunAfter(absl::Milliseconds(timeout_ms), [this] {
    timer_ = 0;
    Drive(CURL_SOCKET_TIMEOUT, 0);
  });
}

void CurlMulti::Drive(curl_socket_t fd, int curl_events) {
  {
    in_curl_ = true;
    const absl::Cleanup out = [this] { in_curl_ = false; };
    int running = 0;
    curl_multi_socket_action(multi_, fd, curl_events, &running);
  }
  Reap();
}

void CurlMulti::Reap() {
  for (CURL* easy : std::exchange(doomed_, {})) {
    curl_multi_remove_handle(multi_, easy);
    ClientOf(easy).OnCurlRemoved();
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(multi_, easy);
    ClientOf(easy).OnCurlDone(code);
  }
}

}  // namespace klarna::http

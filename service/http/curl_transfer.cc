// SPDX-License-Identifier: Apache-2.0
#include "service/http/curl_transfer.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/http/curl_error.h"

namespace klarna::http {
namespace {

// libcurl takes 0 for "its own default", which is minutes.
long Milliseconds(absl::Duration duration) {
  return static_cast<long>(std::max<int64_t>(
      1,
      absl::ToInt64Milliseconds(absl::Ceil(duration, absl::Milliseconds(1)))));
}

long Seconds(absl::Duration duration) {
  return static_cast<long>(std::max<int64_t>(
      1, absl::ToInt64Seconds(absl::Ceil(duration, absl::Seconds(1)))));
}

// The text may quote the peer, such as the name in its certificate.
std::string Printable(absl::string_view text) {
  constexpr size_t kMostBytes = 200;
  std::string printable(text.substr(0, kMostBytes));
  for (char& c : printable) {
    if (c < ' ' || c > '~') c = '?';
  }
  return printable;
}

// As CURLOPT_RESOLVE wants it. The plus lets the entry age like a looked-up
// one.
std::string ResolveEntry(const RequestTarget& target,
                         const std::vector<IpAddress>& addresses) {
  std::string entry = absl::StrCat("+", target.host, ":", target.port, ":");
  absl::string_view separator = "";
  for (const IpAddress& address : addresses) {
    absl::StrAppend(&entry, separator, address.IsV4() ? "" : "[",
                    address.ToString(), address.IsV4() ? "" : "]");
    separator = ",";
  }
  return entry;
}

// Of an internet socket; 0 if it has none.
int LocalPort(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return 0;
  }
  // The port stands in the same place of both kinds.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

}  // namespace

CurlTransfer::CurlTransfer(const CurlContext& context, HttpRequest request,
                           ResponseSink& sink)
    : context_(context),
      request_(std::move(request)),
      reader_(sink, request_.max_body_bytes, request_.accept_gzip) {}

void CurlTransfer::Begin() {
  started_ = context_.loop.clock().Now();
  absl::StatusOr<RequestTarget> target = CheckRequest(request_);
  if (!target.ok()) {
    End(TransferError::kBadRequest, std::string(target.status().message()));
    return;
  }
  target_ = *std::move(target);
  if (target_.address) {
    Connect();
  } else if (target_.loopback) {
    // RFC 6761: `localhost` is never asked of the network.
    OnResolved(std::vector<IpAddress>{*IpAddress::Parse("127.0.0.1"),
                                      *IpAddress::Parse("::1")});
  } else {
    Resolve();
  }
}

void CurlTransfer::Resolve() {
  const absl::Duration limit =
      std::min(TimeLeft(), context_.options.connect_timeout);
  resolve_timer_ =
      context_.loop.RunAfter(limit, [this] { OnResolveTimeout(); });
  context_.resolver.Resolve(
      target_.host, context_.loop,
      [weak = weak_from_this()](
          const absl::StatusOr<std::vector<IpAddress>>& addresses) {
        const std::shared_ptr<CurlTransfer> self = weak.lock();
        if (self == nullptr || self->resolve_timer_ == 0) return;
        self->context_.loop.Cancel(std::exchange(self->resolve_timer_, 0));
        self->OnResolved(addresses);
      });
}

void CurlTransfer::OnResolveTimeout() {
  resolve_timer_ = 0;
  const bool own = TimeLeft() <= absl::ZeroDuration();
  End(own ? TransferError::kTimeout : TransferError::kResolve,
      absl::StrCat(
          "no answer from DNS for host ", target_.host, " in ",
          absl::FormatDuration(context_.loop.clock().Now() - started_)));
}

void CurlTransfer::OnResolved(
    const absl::StatusOr<std::vector<IpAddress>>& addresses) {
  if (!addresses.ok()) {
    End(TransferError::kResolve, std::string(addresses.status().message()));
    return;
  }
  addresses_.reset(
      curl_slist_append(nullptr, ResolveEntry(target_, *addresses).c_str()));
  Connect();
}

void CurlTransfer::Connect() {
  easy_ = context_.handles.Take();
  if (easy_ == nullptr || !MakeHeaderList()) {
    Release();
    End(TransferError::kConnect, "libcurl has no memory for a transfer");
    return;
  }
  CurlSettings settings(easy_);
  settings.SetPolicy(context_.options);
  SetTarget(settings);
  SetTimeouts(settings);
  SetBody(settings);
  SetCallbacks(settings);
  if (settings.code() == CURLE_OK &&
      context_.multi.Add(easy_, *this) == CURLM_OK) {
    self_ = shared_from_this();
    return;
  }
  Release();
  End(TransferError::kBadRequest,
      absl::StrCat("libcurl refused a setting: ",
                   curl_easy_strerror(settings.code())));
}

void CurlTransfer::SetTarget(CurlSettings& settings) {
  settings.Set(CURLOPT_URL, request_.url.c_str());
  settings.Set(CURLOPT_PROTOCOLS_STR, target_.tls ? "https" : "http");
  settings.Set(CURLOPT_HTTPHEADER, headers_.get());
  if (addresses_ != nullptr) {
    settings.Set(CURLOPT_RESOLVE, addresses_.get());
  }
}

void CurlTransfer::SetTimeouts(CurlSettings& settings) {
  settings.Set(CURLOPT_CONNECTTIMEOUT_MS,
               Milliseconds(context_.options.connect_timeout));
  if (request_.timeout > absl::ZeroDuration()) {
    settings.Set(CURLOPT_TIMEOUT_MS, Milliseconds(TimeLeft()));
  }
  settings.Set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  settings.Set(CURLOPT_LOW_SPEED_TIME, Seconds(request_.idle_timeout));
}

void CurlTransfer::SetBody(CurlSettings& settings) {
  if (request_.method == "GET") {
    settings.Set(CURLOPT_HTTPGET, 1L);
    return;
  }
  settings.Set(CURLOPT_POST, 1L);
  settings.Set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  settings.Set(CURLOPT_POSTFIELDSIZE_LARGE,
               static_cast<curl_off_t>(request_.body.size()));
  if (request_.body.empty()) {
    settings.Set(CURLOPT_POSTFIELDS, "");
    // A connection that was used before may be dead, and then libcurl sends the
    // request again on another; a new one is not tried twice.
    if (request_.mutation) settings.Set(CURLOPT_FRESH_CONNECT, 1L);
    return;
  }
  if (fresh_) settings.Set(CURLOPT_FRESH_CONNECT, 1L);
  settings.Set(CURLOPT_READFUNCTION, &OnUpload);
  settings.Set(CURLOPT_READDATA, this);
  // Without a way to rewind, libcurl cannot send the body a second time.
  if (!request_.mutation) {
    settings.Set(CURLOPT_SEEKFUNCTION, &OnSeek);
    settings.Set(CURLOPT_SEEKDATA, this);
  }
}

void CurlTransfer::SetCallbacks(CurlSettings& settings) {
  settings.Set(CURLOPT_ERRORBUFFER, error_text_.data());
  settings.Set(CURLOPT_HEADERFUNCTION, &OnHeader);
  settings.Set(CURLOPT_HEADERDATA, this);
  settings.Set(CURLOPT_WRITEFUNCTION, &OnBody);
  settings.Set(CURLOPT_WRITEDATA, this);
  settings.Set(CURLOPT_PREREQFUNCTION, &OnRequest);
  settings.Set(CURLOPT_PREREQDATA, this);
  settings.Set(CURLOPT_OPENSOCKETFUNCTION, &OnOpenSocket);
  settings.Set(CURLOPT_OPENSOCKETDATA, this);
  // Outlives this transfer, as connections do.
  settings.Set(CURLOPT_CLOSESOCKETFUNCTION, &OnCloseSocket);
  settings.Set(CURLOPT_CLOSESOCKETDATA, &context_.sockets);
}

bool CurlTransfer::AddHeaderLine(const std::string& line) {
  curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
  if (longer == nullptr) return false;
  static_cast<void>(headers_.release());
  headers_.reset(longer);
  return true;
}

bool CurlTransfer::MakeHeaderList() {
  bool made = AddHeaderLine(absl::StrCat(
      "Accept-Encoding: ", request_.accept_gzip ? "gzip" : "identity"));
  // A name with nothing after its colon takes away a header of libcurl's own.
  made = made && AddHeaderLine("Expect:");
  for (absl::string_view own : {"Accept", "Content-Type"}) {
    const bool given =
        std::any_of(request_.headers.begin(), request_.headers.end(),
                    [own](const Header& h) {
                      return absl::EqualsIgnoreCase(h.first, own);
                    });
    if (!given) made = made && AddHeaderLine(absl::StrCat(own, ":"));
  }
  for (const auto& [name, value] : request_.headers) {
    const absl::string_view text = absl::StripAsciiWhitespace(value);
    made = made && AddHeaderLine(text.empty() ? absl::StrCat(name, ";")
                                              : absl::StrCat(name, ": ", text));
  }
  return made;
}

size_t CurlTransfer::OnHeader(char* line, size_t /*one*/, size_t size,
                              void* self) {
  CurlTransfer& transfer = *static_cast<CurlTransfer*>(self);
  return transfer.reader_.OnHeaderLine({line, size}) ? size : 0;
}

size_t CurlTransfer::OnBody(char* bytes, size_t /*one*/, size_t size,
                            void* self) {
  CurlTransfer& transfer = *static_cast<CurlTransfer*>(self);
  switch (transfer.reader_.OnBodyBytes({bytes, size})) {
    case ResponseReader::Taken::kAll:
      return size;
    case ResponseReader::Taken::kNone:
      transfer.paused_in_curl_ = true;
      return CURL_WRITEFUNC_PAUSE;
    case ResponseReader::Taken::kFailed:
      break;
  }
  return CURL_WRITEFUNC_ERROR;
}

size_t CurlTransfer::OnUpload(char* room, size_t /*one*/, size_t size,
                              void* self) {
  CurlTransfer& transfer = *static_cast<CurlTransfer*>(self);
  const std::string_view left =
      std::string_view(transfer.request_.body).substr(transfer.uploaded_, size);
  std::memcpy(room, left.data(), left.size());
  transfer.uploaded_ += left.size();
  return left.size();
}

int CurlTransfer::OnSeek(void* self, curl_off_t offset, int origin) {
  CurlTransfer& transfer = *static_cast<CurlTransfer*>(self);
  if (origin != SEEK_SET || offset < 0 ||
      static_cast<size_t>(offset) > transfer.request_.body.size()) {
    return CURL_SEEKFUNC_FAIL;
  }
  transfer.uploaded_ = static_cast<size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

// Called before every attempt, libcurl's own second one included.
int CurlTransfer::OnRequest(void* self, char* remote, char* local,
                            int remote_port, int local_port) {
  CurlTransfer& transfer = *static_cast<CurlTransfer*>(self);
  const bool mutation = transfer.request_.mutation;
  if (mutation && transfer.requests_ > 0) return CURL_PREREQFUNC_ABORT;
  const std::string ends =
      absl::StrCat(local, " ", local_port, " ", remote, " ", remote_port);
  if (!transfer.opened_.empty()) {
    transfer.Remember(ends, local_port);
  } else if (mutation && transfer.context_.sockets.HasInput(ends)) {
    transfer.stale_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  ++transfer.requests_;
  return CURL_PREREQFUNC_OK;
}

curl_socket_t CurlTransfer::OnOpenSocket(void* self, curlsocktype /*purpose*/,
                                         curl_sockaddr* address) {
  CurlTransfer& transfer = *static_cast<CurlTransfer*>(self);
  const std::optional<IpAddress> ip =
      IpAddress::FromSocketAddress(address->addr);
  if (!ip || !transfer.Allows(*ip)) {
    transfer.refused_address_ = true;
    return CURL_SOCKET_BAD;
  }
  const curl_socket_t fd = socket(
      address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  transfer.opened_.push_back(fd);
  return fd;
}

int CurlTransfer::OnCloseSocket(void* sockets, curl_socket_t fd) {
  static_cast<KeptSockets*>(sockets)->Close(fd);
  return 0;
}

// Of several that were tried, one was connected.
void CurlTransfer::Remember(const std::string& ends, int local_port) {
  for (const curl_socket_t fd : opened_) {
    if (LocalPort(fd) == local_port) context_.sockets.Add(ends, fd);
  }
}

bool CurlTransfer::Allows(const IpAddress& address) const {
  if (target_.loopback) return address.IsLoopback();
  return context_.options.allow_private_addresses || address.IsPublic();
}

void CurlTransfer::Resume() {
  context_.loop.Post([weak = weak_from_this()] {
    if (const std::shared_ptr<CurlTransfer> self = weak.lock()) {
      self->Continue();
    }
  });
}

void CurlTransfer::Continue() {
  reader_.Resume();
  if (easy_ == nullptr || reader_.paused()) return;
  if (reader_.failed()) {
    TransferResult result = ResultOf(CURLE_WRITE_ERROR);
    context_.multi.Remove(easy_);
    Release();
    reader_.End(std::move(result));
  } else if (std::exchange(paused_in_curl_, false)) {
    context_.multi.Unpause(easy_);
  }
}

void CurlTransfer::Abort() {
  reader_.Detach();
  context_.loop.Cancel(std::exchange(resolve_timer_, 0));
  if (easy_ != nullptr && context_.multi.Remove(easy_)) Release();
}

void CurlTransfer::OnCurlDone(CURLcode code) {
  const std::shared_ptr<CurlTransfer> alive = shared_from_this();
  if (std::exchange(stale_, false)) {
    StartOver();
    return;
  }
  TransferResult result = ResultOf(code);
  Release();
  reader_.End(std::move(result));
}

// No byte of the request was written.
void CurlTransfer::StartOver() {
  context_.handles.Give(std::exchange(easy_, nullptr));
  headers_.reset();
  fresh_ = true;
  Connect();
}

void CurlTransfer::End(TransferError error, const std::string& detail) {
  const std::shared_ptr<CurlTransfer> alive = shared_from_this();
  TransferResult result;
  result.error = error;
  result.detail = Printable(detail);
  reader_.End(std::move(result));
}

TransferResult CurlTransfer::ResultOf(CURLcode code) const {
  TransferResult result;
  result.error = Classify(code);
  result.request_sent = RequestSent();
  if (code != CURLE_OK) {
    result.detail = Printable(absl::StrCat(
        "libcurl ", static_cast<int>(code), ", ", curl_easy_strerror(code),
        error_text_[0] == '\0' ? "" : ": ", error_text_.data()));
  }
  if (result.error == TransferError::kResolve && refused_address_) {
    result.detail = absl::StrCat("host ", target_.host,
                                 " is at an address that is not allowed");
  }
  return result;
}

TransferError CurlTransfer::Classify(CURLcode code) const {
  if (code == CURLE_COULDNT_CONNECT && refused_address_ && opened_.empty()) {
    return TransferError::kResolve;
  }
  if (code == CURLE_OUT_OF_MEMORY && !reader_.has_head()) {
    // How libcurl says that a single line is longer than its own limit.
    return TransferError::kHeadersTooLarge;
  }
  if (code == CURLE_OPERATION_TIMEDOUT && requests_ == 0 &&
      TimeLeft() > absl::ZeroDuration()) {
    return TransferError::kConnect;
  }
  return TransferErrorOf(code);
}

bool CurlTransfer::RequestSent() const {
  long head_bytes = 0;
  curl_off_t body_bytes = 0;
  curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &head_bytes);
  curl_easy_getinfo(easy_, CURLINFO_SIZE_UPLOAD_T, &body_bytes);
  return requests_ > 0 && (head_bytes > 0 || body_bytes > 0);
}

absl::Duration CurlTransfer::TimeLeft() const {
  if (request_.timeout == absl::ZeroDuration()) return absl::InfiniteDuration();
  return started_ + request_.timeout - context_.loop.clock().Now();
}

void CurlTransfer::Release() {
  if (easy_ != nullptr) context_.handles.Give(std::exchange(easy_, nullptr));
  headers_.reset();
  addresses_.reset();
  // The last reference may be this one, so it goes last.
  const std::shared_ptr<CurlTransfer> alive = std::move(self_);
}

}  // namespace klarna::http

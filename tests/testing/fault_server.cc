// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/fault_server.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/testing/tls_context.h"

namespace klarna::testing {
namespace {

// A fatal alert: handshake_failure.
constexpr char kAlertRecord[] = "\x15\x03\x03\x00\x02\x02\x28";
constexpr char kNoRecord[] = "these bytes belong to no TLS session";

void Require(bool good, const char* what) {
  if (good) return;
  std::perror(what);
  std::abort();
}

void SendReset(int fd) {
  // Connecting to AF_UNSPEC sends RST and leaves the descriptor open.
  sockaddr nothing = {};
  nothing.sa_family = AF_UNSPEC;
  connect(fd, &nothing, sizeof(nothing));
}

// Before a session's end these go out as they are.
void SendRaw(int fd, absl::string_view bytes) {
  [[maybe_unused]] const ssize_t sent =
      send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void WaitForPeersClose(int fd) {
  std::array<char, 4096> ignored;
  while (recv(fd, ignored.data(), ignored.size(), 0) > 0) {
  }
}

size_t ContentLength(absl::string_view head) {
  const std::string lower = absl::AsciiStrToLower(head);
  constexpr absl::string_view kName = "\r\ncontent-length: ";
  const size_t at = lower.find(std::string(kName));
  size_t length = 0;
  if (at == std::string::npos) return 0;
  const absl::string_view value =
      absl::string_view(lower).substr(at + kName.size());
  Require(absl::SimpleAtoi(value.substr(0, value.find('\r')), &length),
          "a Content-Length that is a number");
  return length;
}

}  // namespace

class FaultServer::Connection {
 public:
  Connection(int fd, FaultServer& server) : fd_(fd), server_(server) {
    thread_ = std::thread([this] {
      Run();
      ended_ = true;
    });
  }

  ~Connection() {
    Drop();
    thread_.join();
    if (ssl_ != nullptr) SSL_free(ssl_);
    close(fd_);
  }

  void Drop() { shutdown(fd_, SHUT_RDWR); }
  bool ended() const { return ended_; }

 private:
  void Run() {
    // SSL_write knows no MSG_NOSIGNAL.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    if (Begin(server_.peer_.OnConnection())) {
      while (ServeRequest()) {
      }
    }
    Drop();
  }

  // False when the connection is to end.
  bool Begin(Welcome welcome) {
    switch (welcome) {
      case Welcome::kServe:
        return Handshake(server_.tls_);
      case Welcome::kClose:
        return false;
      case Welcome::kReset:
        SendReset(fd_);
        return false;
      case Welcome::kSilence:
        WaitForPeersClose(fd_);
        return false;
      case Welcome::kPlainText:
        SendRaw(fd_, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        return false;
      case Welcome::kAlert:
        SendRaw(fd_, {kAlertRecord, sizeof(kAlertRecord) - 1});
        return false;
      case Welcome::kOtherCertificate:
        return Handshake(server_.other_tls_);
      case Welcome::kResetAfterwards:
        if (Handshake(server_.tls_)) SendReset(fd_);
        return false;
    }
    return false;
  }

  bool Handshake(const std::shared_ptr<void>& context) {
    ssl_ = SSL_new(static_cast<SSL_CTX*>(context.get()));
    SSL_set_fd(ssl_, fd_);
    return SSL_accept(ssl_) == 1;
  }

  bool ServeRequest() {
    if (!ReadTo("\r\n")) return false;
    const absl::string_view received = received_;
    const ReadUntil until =
        server_.peer_.OnRequestLine(received.substr(0, received.find("\r\n")));
    std::string request;
    if (until != ReadUntil::kFirstLine && !ReadTo("\r\n\r\n")) return false;
    if (until == ReadUntil::kEnd) {
      const size_t head = received_.find("\r\n\r\n") + 4;
      const size_t size = head + ContentLength(received_.substr(0, head));
      while (received_.size() < size) {
        if (!ReadSome()) return false;
      }
      request = received_.substr(0, size);
      received_.erase(0, size);
    }
    const Treatment treatment = server_.peer_.OnRequest(until, request);
    return Write(treatment.answer) && End(treatment.ending);
  }

  bool ReadTo(absl::string_view end) {
    while (absl::string_view(received_).find(end) == absl::string_view::npos) {
      if (!ReadSome()) return false;
    }
    return true;
  }

  bool ReadSome() {
    std::array<char, 16384> buffer;
    const int size =
        SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
    if (size <= 0) return false;
    received_.append(buffer.data(), static_cast<size_t>(size));
    return true;
  }

  bool Write(absl::string_view bytes) {
    while (!bytes.empty()) {
      const int size =
          SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
      if (size <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(size));
    }
    return true;
  }

  // True when the connection goes on.
  bool End(Ending ending) {
    switch (ending) {
      case Ending::kKeep:
        return true;
      case Ending::kClose:
        SSL_shutdown(ssl_);
        return false;
      case Ending::kCut:
        return false;
      case Ending::kReset:
        SendReset(fd_);
        return false;
      case Ending::kSilence:
        WaitForPeersClose(fd_);
        return false;
      case Ending::kBrokenRecord:
        SendRaw(fd_, kNoRecord);
        return false;
    }
    return false;
  }

  const int fd_;
  FaultServer& server_;
  SSL* ssl_ = nullptr;
  std::string received_;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

FaultServer::FaultServer(FaultPeer& peer, const TestCertificate& certificate,
                         const TestCertificate& other_certificate)
    : peer_(peer),
      tls_(MakeTlsContext(certificate)),
      other_tls_(MakeTlsContext(other_certificate)) {
  Bind();
  Accept();
}

FaultServer::~FaultServer() {
  Refuse();
  std::list<std::unique_ptr<Connection>> connections;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    connections.swap(connections_);
  }
  connections.clear();
  close(listener_);
}

std::string FaultServer::url() const {
  return absl::StrCat("https://127.0.0.1:", port_);
}

// A port that was asked for by its number stays with a socket that no longer
// listens; so one is found first.
void FaultServer::Bind() {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  for (int attempt = 0; attempt < 10; ++attempt) {
    address.sin_port = 0;
    const int finder = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Require(bind(finder, generic, size) == 0, "bind");
    Require(getsockname(finder, generic, &size) == 0, "getsockname");
    close(finder);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // Connections of before do not keep it from listening again.
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listener_, generic, size) == 0) {
      port_ = ntohs(address.sin_port);
      return;
    }
    close(listener_);
  }
  Require(false, "no port");
}

void FaultServer::Refuse() {
  if (!thread_.joinable()) return;
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
}

void FaultServer::Accept() {
  if (thread_.joinable()) return;
  Require(listen(listener_, 128) == 0, "listen");
  thread_ = std::thread([this] { Serve(); });
}

// Until the listener is shut down.
void FaultServer::Serve() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0 && errno == EINVAL) return;
    if (fd < 0) continue;
    const std::lock_guard<std::mutex> lock(mutex_);
    connections_.remove_if(
        [](const auto& connection) { return connection->ended(); });
    connections_.push_back(std::make_unique<Connection>(fd, *this));
    ++count_;
  }
}

void FaultServer::DropConnections() {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& connection : connections_) connection->Drop();
}

size_t FaultServer::connections() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return count_;
}

}  // namespace klarna::testing

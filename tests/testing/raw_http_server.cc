// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/raw_http_server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/testing/tls_context.h"

namespace klarna::testing {
namespace {

// A peer that has not made room for this long is not reading.
constexpr int kBlockedAfterMs = 100;

void Require(bool good, const char* what) {
  if (good) return;
  std::perror(what);
  std::abort();
}

// The size of the first request in `bytes`; 0 if its head is not whole.
size_t RequestSize(absl::string_view bytes) {
  const size_t end = bytes.find("\r\n\r\n");
  if (end == absl::string_view::npos) return 0;
  size_t length = 0;
  const std::string head = absl::AsciiStrToLower(bytes.substr(0, end + 2));
  const absl::string_view name = "\r\ncontent-length: ";
  const size_t at = head.find(std::string(name));
  if (at != std::string::npos) {
    const absl::string_view value =
        absl::string_view(head).substr(at + name.size());
    Require(absl::SimpleAtoi(value.substr(0, value.find('\r')), &length),
            "a Content-Length that is a number");
  }
  return end + 4 + length;
}

}  // namespace

// One connection, its script and its record.
class RawHttpServer::Connection {
 public:
  // `mutex` is the server's: what waits for a connection waits on it.
  Connection(int fd, SSL_CTX* tls, RawScript script, std::mutex& mutex,
             std::condition_variable& changed)
      : fd_(fd), script_(std::move(script)), mutex_(mutex), changed_(changed) {
    if (tls != nullptr) ssl_ = SSL_new(tls);
    thread_ = std::thread([this] { Run(); });
  }

  ~Connection() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    if (ssl_ != nullptr) SSL_free(ssl_);
    close(fd_);
  }

  // These need the mutex.
  const std::string& received() const { return received_; }
  size_t sent() const { return sent_; }
  bool blocked() const { return blocked_; }
  bool ended() const { return ended_; }
  size_t CountRequests() const {
    size_t count = 0;
    absl::string_view rest = received_;
    while (const size_t size = RequestSize(rest)) {
      ++count;
      rest.remove_prefix(std::min(size, rest.size()));
    }
    return count;
  }

 private:
  void Run() {
    // SSL_write knows no MSG_NOSIGNAL.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    bool alive = true;
    if (ssl_ != nullptr) {
      SSL_set_fd(ssl_, fd_);
      alive = SSL_accept(ssl_) == 1;
    }
    for (const RawStep& step : script_) {
      if (!alive) break;
      alive = Do(step);
    }
    if (alive) Drain(/*until_peer_closes=*/false);
    if (ssl_ != nullptr) SSL_shutdown(ssl_);
    shutdown(fd_, SHUT_RDWR);
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  bool Do(const RawStep& step) {
    switch (step.kind) {
      case RawStep::Kind::kReadRequest:
        return ReadOneRequest();
      case RawStep::Kind::kSend:
        for (size_t i = 0; i < step.times; ++i) {
          if (!Write(step.bytes)) return false;
        }
        return true;
      case RawStep::Kind::kTrickle:
        return WriteSlowly(step);
      case RawStep::Kind::kClose:
        return false;
      case RawStep::Kind::kReset: {
        // Connecting to AF_UNSPEC sends RST and leaves the descriptor open.
        sockaddr nothing = {};
        nothing.sa_family = AF_UNSPEC;
        connect(fd_, &nothing, sizeof(nothing));
        return false;
      }
      case RawStep::Kind::kHold:
        Drain(/*until_peer_closes=*/true);
        return false;
    }
    return false;
  }

  bool ReadOneRequest() {
    while (true) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        const size_t size =
            RequestSize(absl::string_view(received_).substr(consumed_));
        if (size > 0 && consumed_ + size <= received_.size()) {
          consumed_ += size;
          return true;
        }
      }
      if (!ReadSome()) return false;
    }
  }

  bool ReadSome() {
    std::array<char, 16384> buffer;
    const ssize_t size =
        ssl_ != nullptr
            ? SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()))
            : recv(fd_, buffer.data(), buffer.size(), 0);
    if (size <= 0) return false;
    const std::lock_guard<std::mutex> lock(mutex_);
    received_.append(buffer.data(), static_cast<size_t>(size));
    changed_.notify_all();
    return true;
  }

  // What has come already belongs in the record even if no step reads it.
  void Drain(bool until_peer_closes) {
    while (until_peer_closes || Ready(POLLIN, 0)) {
      if (!ReadSome()) return;
    }
  }

  bool Ready(short events, int timeout_ms) const {
    pollfd waiting = {.fd = fd_, .events = events, .revents = 0};
    return poll(&waiting, 1, timeout_ms) > 0;
  }

  bool Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t size =
          ssl_ != nullptr
              ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
              : send(fd_, bytes.data(), bytes.size(),
                     MSG_NOSIGNAL | MSG_DONTWAIT);
      if (size <= 0) {
        if (ssl_ != nullptr || errno != EAGAIN) return false;
        WaitForRoom();
        continue;
      }
      bytes.remove_prefix(static_cast<size_t>(size));
      const std::lock_guard<std::mutex> lock(mutex_);
      sent_ += static_cast<size_t>(size);
    }
    return true;
  }

  void WaitForRoom() {
    if (Ready(POLLOUT, kBlockedAfterMs)) return;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      blocked_ = true;
      changed_.notify_all();
    }
    Ready(POLLOUT, -1);
  }

  bool WriteSlowly(const RawStep& step) {
    for (char byte : step.bytes) {
      if (!Write({&byte, 1})) return false;
      // Also ends when the peer closes.
      if (Ready(POLLIN,
                static_cast<int>(absl::ToInt64Milliseconds(step.pause))) &&
          !ReadSome()) {
        return false;
      }
    }
    return true;
  }

  const int fd_;
  SSL* ssl_ = nullptr;
  const RawScript script_;
  std::thread thread_;

  std::mutex& mutex_;
  std::condition_variable& changed_;
  std::string received_ ABSL_GUARDED_BY(mutex_);
  size_t consumed_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t sent_ ABSL_GUARDED_BY(mutex_) = 0;
  bool blocked_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

RawHttpServer::RawHttpServer(std::vector<RawScript> scripts)
    : scripts_(std::move(scripts)) {
  Listen();
}

RawHttpServer::RawHttpServer(std::vector<RawScript> scripts,
                             const TestCertificate& certificate)
    : scripts_(std::move(scripts)), tls_(MakeTlsContext(certificate)) {
  Listen();
}

RawHttpServer::~RawHttpServer() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
  // Their threads take the mutex while they end.
  connections_.clear();
}

void RawHttpServer::Listen() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  Require(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0,
          "bind");
  Require(listen(listener_, 128) == 0, "listen");
  Require(
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0,
      "getsockname");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Accept(); });
}

void RawHttpServer::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_) {
      if (fd >= 0) close(fd);
      return;
    }
    if (fd < 0) continue;
    const size_t index = connections_.size();
    connections_.push_back(std::make_unique<Connection>(
        fd, static_cast<SSL_CTX*>(tls_.get()),
        index < scripts_.size() ? scripts_[index] : RawScript(), mutex_,
        changed_));
    changed_.notify_all();
  }
}

std::string RawHttpServer::Url(const std::string& path) const {
  return absl::StrCat(tls_ != nullptr ? "https" : "http",
                      "://127.0.0.1:", port_, path);
}

size_t RawHttpServer::ConnectionCount() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return connections_.size();
}

std::string RawHttpServer::Received(size_t connection) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return connections_.at(connection)->received();
}

size_t RawHttpServer::SentBytes(size_t connection) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return connections_.at(connection)->sent();
}

size_t RawHttpServer::RequestCount() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return CountRequests();
}

size_t RawHttpServer::CountRequests() const {
  size_t count = 0;
  for (const auto& connection : connections_) {
    count += connection->CountRequests();
  }
  return count;
}

void RawHttpServer::WaitForRequests(size_t count) const {
  WaitFor([&] { return CountRequests() >= count; });
}

void RawHttpServer::WaitForEnd(size_t connection) const {
  WaitFor([&] {
    return connection < connections_.size() &&
           connections_[connection]->ended();
  });
}

bool RawHttpServer::WaitUntilBlocked(size_t connection) const {
  bool blocked = false;
  WaitFor([&] {
    if (connection >= connections_.size()) return false;
    blocked = connections_[connection]->blocked();
    return blocked || connections_[connection]->ended();
  });
  return blocked;
}

}  // namespace klarna::testing

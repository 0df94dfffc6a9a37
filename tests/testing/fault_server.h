// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "tests/testing/test_certificate.h"

namespace klarna::testing {

// What becomes of a new connection before its first request.
enum class Welcome {
  kServe,             // A TLS session.
  kClose,             // Closed before the handshake.
  kReset,             // RST before the handshake.
  kSilence,           // The handshake is not answered.
  kPlainText,         // It is answered without TLS.
  kAlert,             // It is refused with a TLS alert.
  kOtherCertificate,  // Somebody else's certificate is shown.
  kResetAfterwards,   // RST after the handshake, no request read.
};

// How much of a request is read.
enum class ReadUntil { kFirstLine, kHead, kEnd };

// What becomes of a connection after an answer, or instead of one.
enum class Ending {
  kKeep,          // The next request is read.
  kClose,         // Closed in order: close_notify, FIN.
  kCut,           // FIN without close_notify.
  kReset,         // RST.
  kSilence,       // Nothing until the peer closes.
  kBrokenRecord,  // Bytes that are no TLS record.
};

struct Treatment {
  std::string answer = {};  // As it goes into the TLS session.
  Ending ending = Ending::kKeep;
};

// Who decides what a FaultServer does. Asked by the connections' threads, by
// many at a time.
class FaultPeer {
 public:
  virtual ~FaultPeer() = default;
  virtual Welcome OnConnection() = 0;
  // The request whose first line has come.
  virtual ReadUntil OnRequestLine(absl::string_view line) = 0;
  // `request` is empty when it was not read to its end; its connection must not
  // be kept then.
  virtual Treatment OnRequest(ReadUntil until, const std::string& request) = 0;
};

// An HTTPS server on 127.0.0.1 that can go wrong at every point of a connection
// and of an exchange; its peer decides where. A thread for each connection.
class FaultServer {
 public:
  // Abort the test when there is no port.
  FaultServer(FaultPeer& peer, const TestCertificate& certificate,
              const TestCertificate& other_certificate);
  ~FaultServer();
  FaultServer(const FaultServer&) = delete;
  FaultServer& operator=(const FaultServer&) = delete;

  uint16_t port() const { return port_; }
  std::string url() const;

  // Connections are refused from now on, or taken again.
  void Refuse();
  void Accept();

  // Closes those that are open, without a word.
  void DropConnections();
  size_t connections() const;  // So far.

 private:
  class Connection;

  void Bind();
  void Serve();

  FaultPeer& peer_;
  const std::shared_ptr<void> tls_;  // SSL_CTX
  const std::shared_ptr<void> other_tls_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;  // Joinable while connections are taken.

  mutable std::mutex mutex_;
  size_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::list<std::unique_ptr<Connection>> connections_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace klarna::testing

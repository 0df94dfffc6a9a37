// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace klarna::http {

using Header = std::pair<std::string, std::string>;
using Headers = std::vector<Header>;

// First value of a header, the name compared without regard to case; empty if
// there is none.
absl::string_view FindHeader(const Headers& headers, absl::string_view name);

// The same as it may be passed on to a caller: empty when it is longer than a
// kibibyte or holds more than printable ASCII.
std::string PlainHeader(const Headers& headers, absl::string_view name);

// One HTTP request. Plain data; whoever makes it has checked and encoded all of
// it: the transport refuses (kBadRequest) what would break the framing, but
// repairs nothing.
struct HttpRequest {
  std::string method = {};  // GET, POST, PUT, PATCH or DELETE.
  std::string url = {};     // Absolute, percent-encoded, no fragment, no user.
  // Names are tokens; values printable ASCII. What frames the message (Host,
  // Content-Length, Accept-Encoding ...) is the transport's own and refused.
  Headers headers = {};
  // Of every method but GET; empty means Content-Length: 0.
  std::string body = {};
  // A change: its bytes go to the wire at most once, whatever the connection
  // does.
  bool mutation = false;
  // From start to the last byte. Zero: no limit, for streamed files.
  absl::Duration timeout = absl::Seconds(65);
  // Ends the transfer when less than one byte a second arrives for this long
  // (in whole seconds). Paused time does not count.
  absl::Duration idle_timeout = absl::Seconds(60);
  // Bytes of the body after content decoding. Zero: no limit.
  size_t max_body_bytes = 8u << 20;
  // Whether to ask for gzip. Otherwise identity is asked for.
  bool accept_gzip = false;
};

struct HttpResponseHead {
  int status = 0;
  Headers headers = {};  // As received, in order.
};

// How a transfer ended.
enum class TransferError {
  kNone,        // A whole answer was received.
  kBadRequest,  // The request was refused before anything was done.
  kResolve,     // The host name did not resolve, or not to an allowed address.
  kConnect,     // No connection: refused, unreachable, or not in time.
  kTls,         // No TLS session: handshake or certificate.
  kTimeout,     // HttpRequest::timeout or idle_timeout.
  kReset,       // The connection broke first, or nothing more is known.
  kTruncated,   // The body is shorter than its framing says.
  kMalformed,   // Not HTTP, or an encoding that cannot be decoded.
  kHeadersTooLarge,  // More than 64 KiB of headers.
  kBodyTooLarge,     // More than max_body_bytes after decoding.
};

struct TransferResult {
  TransferError error = TransferError::kNone;
  // False only when it is certain that no byte of the request was written.
  bool request_sent = false;
  // True when the end of the body was marked by Content-Length or chunking, so
  // that kNone means complete. False for a body that ends with the connection,
  // where only the content can tell.
  bool framed = false;
  // For logs: what the library said. Holds no secret, header or body.
  std::string detail = {};
};

absl::string_view TransferErrorName(TransferError error);

// Receives an answer, on the executor's thread. The calls come in the order
// OnHead, OnBody*, OnDone; OnHead is missing when no answer came that could be
// read. No call comes from within HttpTransport::Start or Transfer::Resume,
// none while the sink pauses, and none after the Transfer is destroyed, which
// any of these calls may do.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  virtual void OnHead(HttpResponseHead head) = 0;
  // Returning false pauses: the same transfer goes on after Transfer::Resume,
  // and so does OnDone. The chunk has been taken either way.
  virtual bool OnBody(std::string_view chunk) = 0;
  // The last call.
  virtual void OnDone(TransferResult result) = 0;
};

// A transfer under way. Destroying it aborts the transfer at once and closes
// its connection if the answer was not whole.
class Transfer {
 public:
  virtual ~Transfer() = default;
  virtual void Resume() = 0;
};

// Makes HTTP requests. Knows nothing of Klarna. Redirects are not followed, no
// proxy, cookie or credential of the environment is used, and nothing is
// retried but a read on a kept connection that turns out to be dead. Belongs to
// one executor, is used on its thread only and outlives its transfers.
//
//   transfer_ = transport.Start({.method = "GET", .url = url}, *this);
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  virtual std::unique_ptr<Transfer> Start(HttpRequest request,
                                          ResponseSink& sink) = 0;
};

}  // namespace klarna::http

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/strings/string_view.h"
#include "service/http/gzip_decoder.h"
#include "service/http/response_head_parser.h"
#include "service/http/transport.h"

namespace klarna::http {

// Turns the lines and bytes of an answer into the calls of a ResponseSink:
// bounded, decoded, and held back while the sink pauses.
//
//   ResponseReader reader(sink, /*max_body_bytes=*/8 << 20, /*gzip=*/false);
//   reader.OnHeaderLine("HTTP/1.1 200 OK\r\n");
//   reader.OnHeaderLine("\r\n");                // sink.OnHead
//   reader.OnBodyBytes("{}");                   // sink.OnBody
//   reader.End({});                             // sink.OnDone
//
// The sink may call Detach from within its calls. Not thread-safe.
class ResponseReader {
 public:
  enum class Taken {
    kAll,
    kNone,    // The sink pauses: the same bytes are to be brought again.
    kFailed,  // Nothing more is wanted: broken, too large, or detached.
  };

  ResponseReader(ResponseSink& sink, size_t max_body_bytes, bool accept_gzip);

  // False when nothing more is wanted.
  bool OnHeaderLine(absl::string_view line);

  Taken OnBodyBytes(std::string_view bytes);

  // Nothing more comes; `result` says why. A failure of the answer's content
  // found here outranks it. OnDone waits for Resume while the sink pauses.
  void End(TransferResult result);

  // The sink goes on. It gets what was held back here, OnDone included.
  void Resume();

  // Makes no further call.
  void Detach() { sink_ = nullptr; }

  bool paused() const { return paused_; }
  bool failed() const { return failure_.has_value(); }
  bool has_head() const { return has_head_; }

 private:
  struct Failure {
    TransferError error;
    absl::string_view detail;
  };

  bool Fail(TransferError error, absl::string_view detail);
  bool BeginBody();
  bool Decode();
  bool Deliver(std::string_view chunk);
  void CheckWhole();
  void Finish();

  ResponseSink* sink_;
  const size_t max_body_bytes_;
  const bool accept_gzip_;
  ResponseHeadParser parser_;
  std::unique_ptr<GzipDecoder> decoder_;
  size_t body_bytes_ = 0;
  bool has_head_ = false;
  bool paused_ = false;
  std::optional<Failure> failure_;
  std::optional<TransferResult> ended_;
};

}  // namespace klarna::http

// SPDX-License-Identifier: Apache-2.0
#include "service/http/response_reader.h"

#include <string>
#include <utility>

namespace klarna::http {

ResponseReader::ResponseReader(ResponseSink& sink, size_t max_body_bytes,
                               bool accept_gzip)
    : sink_(&sink),
      max_body_bytes_(max_body_bytes),
      accept_gzip_(accept_gzip) {}

bool ResponseReader::OnHeaderLine(absl::string_view line) {
  if (sink_ == nullptr || failed()) return false;
  switch (parser_.Feed(line)) {
    case ResponseHeadParser::Outcome::kMore:
      return true;
    case ResponseHeadParser::Outcome::kHead:
      return BeginBody();
    case ResponseHeadParser::Outcome::kTooLarge:
      return Fail(TransferError::kHeadersTooLarge,
                  "the answer has too many headers");
    case ResponseHeadParser::Outcome::kMalformed:
      return Fail(TransferError::kMalformed,
                  "the answer's head is not valid HTTP/1.1");
  }
  return false;
}

bool ResponseReader::BeginBody() {
  using Coding = ResponseHeadParser::Coding;
  if (parser_.coding() == Coding::kGzip && accept_gzip_) {
    decoder_ = std::make_unique<GzipDecoder>();
  } else if (parser_.coding() != Coding::kIdentity) {
    return Fail(TransferError::kMalformed,
                "the answer's body has an encoding that was not asked for");
  }
  has_head_ = true;
  sink_->OnHead(parser_.TakeHead());
  return sink_ != nullptr;
}

ResponseReader::Taken ResponseReader::OnBodyBytes(std::string_view bytes) {
  if (sink_ == nullptr || failed()) return Taken::kFailed;
  if (paused_) return Taken::kNone;
  bool good;
  if (decoder_ == nullptr) {
    good = Deliver(bytes);
  } else {
    decoder_->Feed(bytes);
    good = Decode();
  }
  return good ? Taken::kAll : Taken::kFailed;
}

bool ResponseReader::Decode() {
  std::string_view chunk;
  while (!paused_) {
    switch (decoder_->Next(chunk)) {
      case GzipDecoder::Outcome::kChunk:
        if (!Deliver(chunk)) return false;
        break;
      case GzipDecoder::Outcome::kNeedInput:
        return true;
      case GzipDecoder::Outcome::kBroken:
        return Fail(TransferError::kMalformed,
                    "the answer's body is not the gzip it is said to be");
    }
  }
  return true;
}

bool ResponseReader::Deliver(std::string_view chunk) {
  if (chunk.empty()) return true;
  body_bytes_ += chunk.size();
  if (max_body_bytes_ != 0 && body_bytes_ > max_body_bytes_) {
    return Fail(TransferError::kBodyTooLarge,
                "the answer's body is longer than the limit");
  }
  if (!sink_->OnBody(chunk)) paused_ = true;
  return sink_ != nullptr;
}

bool ResponseReader::Fail(TransferError error, absl::string_view detail) {
  failure_ = Failure{error, detail};
  return false;
}

void ResponseReader::End(TransferResult result) {
  ended_ = std::move(result);
  if (!paused_) Finish();
}

void ResponseReader::Resume() {
  if (sink_ == nullptr || !paused_) return;
  paused_ = false;
  if (decoder_ != nullptr && !failed()) Decode();
  if (ended_ && !paused_) Finish();
}

// libcurl calls an answer whole whose head is cut by the end of the connection,
// and knows nothing of what is inside a gzip body.
void ResponseReader::CheckWhole() {
  if (!has_head_) {
    Fail(TransferError::kReset,
         "the connection ended within the answer's head");
  } else if (decoder_ != nullptr && !decoder_->Complete()) {
    Fail(TransferError::kTruncated, "the answer's gzip body ends too early");
  }
}

void ResponseReader::Finish() {
  if (sink_ == nullptr) return;
  TransferResult result = *std::exchange(ended_, std::nullopt);
  if (result.error == TransferError::kNone && !failed()) CheckWhole();
  if (failed()) {
    result.error = failure_->error;
    result.detail = std::string(failure_->detail);
  }
  result.framed = has_head_ && parser_.framed();
  std::exchange(sink_, nullptr)->OnDone(std::move(result));
}

}  // namespace klarna::http

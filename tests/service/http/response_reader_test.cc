// SPDX-License-Identifier: Apache-2.0
#include "service/http/response_reader.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "tests/testing/gzip.h"

namespace klarna::http {
namespace {

using ::klarna::testing::Gzip;
using Taken = ResponseReader::Taken;

constexpr size_t kLimit = 1 << 20;

class RecordingSink final : public ResponseSink {
 public:
  void OnHead(HttpResponseHead head) override {
    ++heads;
    status = head.status;
    on_call();
  }
  bool OnBody(std::string_view chunk) override {
    body += chunk;
    on_call();
    return !pause;
  }
  void OnDone(TransferResult result) override { done = std::move(result); }

  std::function<void()> on_call = [] {};
  bool pause = false;
  int heads = 0;
  int status = 0;
  std::string body;
  std::optional<TransferResult> done;
};

class ResponseReaderTest : public ::testing::Test {
 protected:
  void Make(bool gzip, size_t limit = kLimit) {
    sink_ = {};
    reader_.emplace(sink_, limit, gzip);
  }
  // The head of an answer with this header.
  bool Head(const std::string& header) {
    return reader_->OnHeaderLine("HTTP/1.1 200 OK\r\n") &&
           reader_->OnHeaderLine(header + "\r\n") &&
           reader_->OnHeaderLine("\r\n");
  }

  RecordingSink sink_;
  std::optional<ResponseReader> reader_;
};

TEST_F(ResponseReaderTest, HandsOnAnAnswerCutAtEveryByte) {
  const std::string text = "{\"orders\": [1, 2, 3]}";
  for (bool gzip : {false, true}) {
    const std::string wire = gzip ? Gzip(text) : text;
    for (size_t cut = 0; cut <= wire.size(); ++cut) {
      Make(gzip);
      ASSERT_TRUE(Head(gzip ? "Content-Encoding: gzip" : "A: b"));
      EXPECT_EQ(reader_->OnBodyBytes(wire.substr(0, cut)), Taken::kAll);
      EXPECT_EQ(reader_->OnBodyBytes(wire.substr(cut)), Taken::kAll);
      reader_->End({});
      EXPECT_EQ(sink_.body, text);
      ASSERT_TRUE(sink_.done.has_value());
      EXPECT_EQ(sink_.done->error, TransferError::kNone);
    }
  }
}

TEST_F(ResponseReaderTest, AGzipBombStopsAtTheLimit) {
  const std::string bomb = Gzip(std::string(64 << 20, '0'));
  ASSERT_LT(bomb.size(), 100'000u);
  Make(/*gzip=*/true);
  ASSERT_TRUE(Head("Content-Encoding: gzip"));
  EXPECT_EQ(reader_->OnBodyBytes(bomb), Taken::kFailed);
  EXPECT_LE(sink_.body.size(), kLimit);
  reader_->End({.error = TransferError::kReset});
  EXPECT_EQ(sink_.done->error, TransferError::kBodyTooLarge);
}

TEST_F(ResponseReaderTest, AnEncodingNotAskedForIsRefusedBeforeTheHead) {
  Make(/*gzip=*/false);
  EXPECT_FALSE(Head("Content-Encoding: gzip"));
  reader_->End({});
  EXPECT_EQ(sink_.heads, 0);
  EXPECT_EQ(sink_.done->error, TransferError::kMalformed);
}

TEST_F(ResponseReaderTest, AnEncodingOtherThanGzipIsRefusedThoughGzipWasAsked) {
  Make(/*gzip=*/true);
  EXPECT_FALSE(Head("Content-Encoding: deflate"));
  reader_->End({});
  EXPECT_EQ(sink_.done->error, TransferError::kMalformed);
}

TEST_F(ResponseReaderTest, BrokenGzipIsMalformed) {
  Make(/*gzip=*/true);
  ASSERT_TRUE(Head("Content-Encoding: gzip"));
  EXPECT_EQ(reader_->OnBodyBytes("this is no gzip"), Taken::kFailed);
  reader_->End({});
  EXPECT_EQ(sink_.done->error, TransferError::kMalformed);
}

TEST_F(ResponseReaderTest, GzipThatEndsEarlyIsTruncatedThoughItsFramingIsNot) {
  Make(/*gzip=*/true);
  ASSERT_TRUE(Head("Content-Encoding: gzip"));
  const std::string wire = Gzip("some text");
  reader_->OnBodyBytes(wire.substr(0, wire.size() - 1));
  reader_->End({});
  EXPECT_EQ(sink_.done->error, TransferError::kTruncated);
}

TEST_F(ResponseReaderTest, AnAnswerWithoutWholeHeadIsNeverGood) {
  Make(/*gzip=*/false);
  reader_->OnHeaderLine("HTTP/1.1 200 OK\r\n");
  reader_->End({});
  EXPECT_EQ(sink_.done->error, TransferError::kReset);
  EXPECT_FALSE(sink_.done->framed);
}

TEST_F(ResponseReaderTest, ABodyOfExactlyTheLimitIsGood) {
  Make(/*gzip=*/false, /*limit=*/10);
  ASSERT_TRUE(Head("A: b"));
  EXPECT_EQ(reader_->OnBodyBytes("0123456789"), Taken::kAll);
  EXPECT_EQ(reader_->OnBodyBytes("x"), Taken::kFailed);
  EXPECT_EQ(sink_.body, "0123456789");
}

TEST_F(ResponseReaderTest, NothingReachesAPausedSink) {
  Make(/*gzip=*/false);
  ASSERT_TRUE(Head("A: b"));
  sink_.pause = true;
  EXPECT_EQ(reader_->OnBodyBytes("a"), Taken::kAll);
  EXPECT_EQ(reader_->OnBodyBytes("b"), Taken::kNone);
  reader_->End({});
  EXPECT_EQ(sink_.body, "a");
  EXPECT_FALSE(sink_.done.has_value());
  reader_->Resume();
  EXPECT_TRUE(sink_.done.has_value());
}

TEST_F(ResponseReaderTest, AGzipBombIsDecodedNoFurtherThanThePause) {
  const std::string bomb = Gzip(std::string(4 << 20, '0'));
  Make(/*gzip=*/true, /*limit=*/0);
  ASSERT_TRUE(Head("Content-Encoding: gzip"));
  sink_.pause = true;
  EXPECT_EQ(reader_->OnBodyBytes(bomb), Taken::kAll);
  EXPECT_LE(sink_.body.size(), GzipDecoder::kChunkBytes);
  reader_->End({});
  int resumes = 0;
  while (!sink_.done) {
    reader_->Resume();
    ASSERT_LT(++resumes, 1000);
  }
  EXPECT_EQ(sink_.body.size(), 4u << 20);
  EXPECT_EQ(sink_.done->error, TransferError::kNone);
}

TEST_F(ResponseReaderTest, MakesNoCallAfterDetachWithinACall) {
  for (bool gzip : {false, true}) {
    Make(gzip);
    ASSERT_TRUE(Head(gzip ? "Content-Encoding: gzip" : "A: b"));
    sink_.on_call = [this] { reader_->Detach(); };
    const std::string text(100'000, 'x');
    EXPECT_EQ(reader_->OnBodyBytes(gzip ? Gzip(text) : text), Taken::kFailed);
    const size_t before = sink_.body.size();
    EXPECT_EQ(reader_->OnBodyBytes("y"), Taken::kFailed);
    EXPECT_FALSE(reader_->OnHeaderLine("X-Trailer: 1\r\n"));
    reader_->Resume();
    reader_->End({});
    EXPECT_EQ(sink_.body.size(), before);
    EXPECT_FALSE(sink_.done.has_value());
  }
}

}  // namespace
}  // namespace klarna::http

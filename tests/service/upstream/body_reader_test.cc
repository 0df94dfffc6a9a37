// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/body_reader.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/http/transport.h"
#include "service/runtime/task.h"
#include "tests/testing/manual_executor.h"

namespace klarna::upstream {
namespace {

using http::TransferError;

// Hands the sink of its one transfer to the test, which plays the upstream.
class OneTransfer final : public http::HttpTransport {
 public:
  std::unique_ptr<http::Transfer> Start(http::HttpRequest,
                                        http::ResponseSink& sink) override {
    sink_ = &sink;
    return std::make_unique<Handle>(*this);
  }

  http::ResponseSink& sink() { return *sink_; }
  bool aborted() const { return sink_ == nullptr; }
  int resumed() const { return resumed_; }

 private:
  class Handle final : public http::Transfer {
   public:
    explicit Handle(OneTransfer& transport) : transport_(transport) {}
    ~Handle() override { transport_.sink_ = nullptr; }
    void Resume() override { ++transport_.resumed_; }

   private:
    OneTransfer& transport_;
  };

  http::ResponseSink* sink_ = nullptr;
  int resumed_ = 0;
};

runtime::Task<void> KeepHead(BodyReader& reader, std::optional<Answer>& out) {
  out = co_await reader.Head();
}

class BodyReaderTest : public ::testing::Test {
 protected:
  // Begins to wait for `bytes`.
  runtime::Task<void> Fill(size_t bytes) {
    runtime::Task<void> fill = reader_.Fill(bytes);
    fill.Start();
    executor_.RunUntilIdle();
    return fill;
  }

  void Done(TransferError error = TransferError::kNone, bool framed = true) {
    transport_.sink().OnDone(
        {.error = error, .request_sent = true, .framed = framed});
    executor_.RunUntilIdle();
  }

  testing::ManualExecutor executor_;
  OneTransfer transport_;
  BodyReader reader_{executor_, transport_, http::HttpRequest()};
};

TEST_F(BodyReaderTest, GivesTheHeadBeforeTheBody) {
  std::optional<Answer> answer;
  runtime::Task<void> head = KeepHead(reader_, answer);
  head.Start();
  EXPECT_FALSE(answer.has_value());
  transport_.sink().OnHead({.status = 200, .headers = {{"A", "b"}}});
  executor_.RunUntilIdle();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->head.status, 200);
  EXPECT_EQ(answer->head.headers.size(), 1u);
  EXPECT_TRUE(answer->success());
}

TEST_F(BodyReaderTest, GivesTheBodyInPieces) {
  transport_.sink().OnHead({.status = 200});
  runtime::Task<void> fill = Fill(5);
  transport_.sink().OnBody("abc");
  executor_.RunUntilIdle();
  EXPECT_FALSE(fill.done());
  transport_.sink().OnBody("defg");
  executor_.RunUntilIdle();
  EXPECT_TRUE(fill.done());
  EXPECT_EQ(reader_.Take(5), "abcde");
  EXPECT_FALSE(reader_.at_end());
  Done();
  EXPECT_FALSE(reader_.at_end()) << "two bytes are left";
  EXPECT_EQ(reader_.Take(100), "fg");
  EXPECT_TRUE(reader_.at_end());
  EXPECT_FALSE(reader_.failed());
  EXPECT_TRUE(reader_.framed());
}

TEST_F(BodyReaderTest, EndOfTheBodyEndsTheWaiting) {
  transport_.sink().OnHead({.status = 200});
  runtime::Task<void> fill = Fill(5);
  Done(TransferError::kTruncated);
  EXPECT_TRUE(fill.done());
  EXPECT_TRUE(reader_.failed());
  EXPECT_TRUE(reader_.at_end());
}

TEST_F(BodyReaderTest, TellsAnUnmarkedEnd) {
  transport_.sink().OnHead({.status = 200});
  Done(TransferError::kNone, /*framed=*/false);
  EXPECT_TRUE(reader_.at_end());
  EXPECT_FALSE(reader_.failed());
  EXPECT_FALSE(reader_.framed());
}

TEST_F(BodyReaderTest, HeadOfARefusalBringsItsBody) {
  std::optional<Answer> answer;
  runtime::Task<void> head = KeepHead(reader_, answer);
  head.Start();
  transport_.sink().OnHead({.status = 404});
  transport_.sink().OnBody(R"({"error_code":)");
  executor_.RunUntilIdle();
  EXPECT_FALSE(answer.has_value());
  transport_.sink().OnBody(R"("NOT_FOUND"})");
  Done();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, R"({"error_code":"NOT_FOUND"})");
  EXPECT_TRUE(answer->complete());
}

TEST_F(BodyReaderTest, HeadTellsThatNoAnswerCame) {
  std::optional<Answer> answer;
  runtime::Task<void> head = KeepHead(reader_, answer);
  head.Start();
  Done(TransferError::kConnect);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->head.status, 0);
  EXPECT_EQ(answer->transfer.error, TransferError::kConnect);
}

TEST_F(BodyReaderTest, PausesWhatNobodyTakes) {
  transport_.sink().OnHead({.status = 200});
  const std::string chunk(64 << 10, 'x');
  int chunks = 1;
  while (transport_.sink().OnBody(chunk)) ++chunks;
  EXPECT_LE(chunks, 16) << "bounded at a megabyte or less";
  EXPECT_EQ(transport_.resumed(), 0);
  for (int i = 0; i < chunks; ++i) EXPECT_EQ(reader_.Take(64 << 10), chunk);
  EXPECT_EQ(transport_.resumed(), 1);
  EXPECT_TRUE(transport_.sink().OnBody("more"));
}

TEST_F(BodyReaderTest, EndlessErrorPageIsNotReadToItsEnd) {
  std::optional<Answer> answer;
  runtime::Task<void> head = KeepHead(reader_, answer);
  head.Start();
  transport_.sink().OnHead({.status = 500});
  const std::string chunk(16 << 10, 'x');
  for (int i = 0; i < 5; ++i) transport_.sink().OnBody(chunk);
  executor_.RunUntilIdle();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->head.status, 500);
}

TEST(BodyReaderLifeTest, DestroyingItAbortsTheTransfer) {
  testing::ManualExecutor executor;
  OneTransfer transport;
  {
    BodyReader reader(executor, transport, http::HttpRequest());
    transport.sink().OnHead({.status = 200});
    EXPECT_FALSE(transport.aborted());
  }
  EXPECT_TRUE(transport.aborted());
  EXPECT_EQ(executor.RunUntilIdle(), 0u);
}

}  // namespace
}  // namespace klarna::upstream

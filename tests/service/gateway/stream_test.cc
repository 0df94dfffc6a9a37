// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/stream.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"

namespace klarna::gateway {
namespace {

class Reader final : public ResponseStream {
 public:
  void Write(std::string message) override {
    messages_.push_back(std::move(message));
  }
  void Finish(const absl::Status&) override {}

  size_t written() const { return messages_.size(); }

 private:
  std::vector<std::string> messages_;
};

class StreamWriterTest : public ::testing::Test {
 protected:
  // The answer of a wait, once there is one.
  struct Wait {
    std::optional<bool> answer;
    runtime::Task<void> story;
  };

  void Await(runtime::Task<bool> task, Wait& wait) {
    wait.story = Run(std::move(task), wait);
    wait.story.Start();
  }
  static runtime::Task<void> Run(runtime::Task<bool> task, Wait& wait) {
    wait.answer = co_await std::move(task);
  }

  testing::ManualExecutor executor_;
  // Room for a thousand bytes beside the one stream.
  PageBudget budget_{PageBudget::kStreamBytes + 1000};
  Reader reader_;
  StreamWriter writer_{executor_, reader_, budget_};
};

TEST_F(StreamWriterTest, WritesAFewMessagesAheadOfTheReader) {
  for (size_t i = 0; i < StreamWriter::kWindow; ++i) {
    Wait room;
    Await(writer_.Room(absl::Seconds(5)), room);
    EXPECT_EQ(room.answer, true) << i;
    writer_.Write("m");
  }
  Wait room;
  Await(writer_.Room(absl::Seconds(5)), room);
  EXPECT_EQ(room.answer, std::nullopt);
  writer_.OnTaken(1);
  EXPECT_EQ(room.answer, true);
  EXPECT_EQ(reader_.written(), StreamWriter::kWindow);
}

TEST_F(StreamWriterTest, WritesOneByOneWhileTheProcessIsOutOfBudget) {
  PageBudget::Lease lease(budget_, 1000);
  writer_.Write("m");
  Wait room;
  Await(writer_.Room(absl::Seconds(5)), room);
  EXPECT_EQ(room.answer, std::nullopt);
  writer_.OnTaken(1);
  EXPECT_EQ(room.answer, true);
}

TEST_F(StreamWriterTest, TheBudgetMayChangeWhileItIsUsed) {
  PageBudget::Lease lease(budget_, 1000);
  budget_.set_limit(PageBudget::kStreamBytes + 1001);
  EXPECT_TRUE(budget_.HasRoom());
  budget_.set_limit(10);
  EXPECT_FALSE(budget_.HasRoom());
}

TEST_F(StreamWriterTest, AStreamCountsByItself) {
  budget_.set_limit(PageBudget::kStreamBytes + 1);
  EXPECT_TRUE(budget_.HasRoom());
  {
    const PageBudget::Stream another(budget_);
    EXPECT_FALSE(budget_.HasRoom());
  }
  EXPECT_TRUE(budget_.HasRoom());
}

TEST_F(StreamWriterTest, CountsWhatTheReaderHasNotTakenAgainstTheBudget) {
  writer_.Write(std::string(1000, 'm'));
  EXPECT_FALSE(budget_.HasRoom());
  writer_.OnTaken(1);
  EXPECT_TRUE(budget_.HasRoom());
}

TEST_F(StreamWriterTest, KnowsWhenAllIsTaken) {
  writer_.Write("a");
  writer_.Write("b");
  Wait taken;
  Await(writer_.Taken(absl::Seconds(5)), taken);
  writer_.OnTaken(1);
  EXPECT_EQ(taken.answer, std::nullopt);
  writer_.OnTaken(1);
  EXPECT_EQ(taken.answer, true);
}

TEST_F(StreamWriterTest, SaysThatPatienceIsOverAndCanWaitOn) {
  writer_.Write("a");
  Wait taken;
  Await(writer_.Taken(absl::Seconds(5)), taken);
  executor_.Advance(absl::Milliseconds(4999));
  EXPECT_EQ(taken.answer, std::nullopt);
  executor_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(taken.answer, false);

  Wait again;
  Await(writer_.Taken(absl::Seconds(5)), again);
  writer_.OnTaken(1);
  EXPECT_EQ(again.answer, true);
}

}  // namespace
}  // namespace klarna::gateway

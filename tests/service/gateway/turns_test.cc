// SPDX-License-Identifier: Apache-2.0
//
// When what has no key, but a read that tells, is sent again: never while an
// attempt of another replica may be under way.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "klarna/merchant_card_service/v3/merchant_card_service.pb.h"
#include "service/gateway/intent.h"
#include "service/rest/status_details.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::gateway {
namespace {

using http::TransferError;
using testing::Broken;
using testing::EngineUnderTest;
using testing::OutcomeOf;
using testing::Whole;
using Caller = std::shared_ptr<testing::PublishCaller>;

// Of the executor's first moment.
constexpr char kId[] = "018bcfe5-6800-7000-8000-000000000001";
// What Klarna may take, and what connecting may take before that.
constexpr absl::Duration kUnderWay = absl::Seconds(59 + 20);

Caller Settle(EngineUnderTest& engine) {
  merchant_card_service::v3::PublishRequest request;
  request.set_request_id(kId);
  auto& made = *request.mutable_create_settlement()->mutable_settlement();
  made.set_order_id("o1");
  made.set_promise_id("p1");
  made.set_key_id("k1");
  return engine.Publish("klarna.merchant_card_service.v3.MerchantCardService",
                        request.SerializeAsString());
}

void AnswerNone(EngineUnderTest& engine) {
  for (int i = 0; i < 2; ++i) {
    engine.transport().Answer(Whole(404, R"({"error_code":"NOT_FOUND"})"));
  }
}

int ChangesSent(const EngineUnderTest& engine) {
  const auto& requests = engine.transport().requests();
  return static_cast<int>(
      std::count_if(requests.begin(), requests.end(),
                    [](const auto& request) { return request.mutation; }));
}

absl::Duration RetryDelay(const absl::Status& status) {
  google::rpc::RetryInfo retry;
  if (!rest::GetDetail(status, retry)) return absl::ZeroDuration();
  return absl::Seconds(retry.retry_delay().seconds()) +
         absl::Nanoseconds(retry.retry_delay().nanos());
}

// Whether it is sent before its caller is told anything.
bool IsSent(EngineUnderTest& engine, const Caller& told) {
  const int before = ChangesSent(engine);
  while (!told->finished() && ChangesSent(engine) == before) {
    engine.executor().Advance(absl::Milliseconds(100));
  }
  return ChangesSent(engine) > before;
}

void LoseTheFirstAnswer(EngineUnderTest& engine) {
  engine.transport().Answer(Broken(TransferError::kReset, true));
  AnswerNone(engine);
  const Caller told = Settle(engine);
  engine.Continue(*told);
  ASSERT_EQ(OutcomeOf(*told)->verdict(), v1::VERDICT_UNKNOWN);
}

// The caller asks the one and the other, leaves before it is answered, and
// waits as it is told to, or 10 seconds.
TEST(TurnsTest, TwoReplicasNeverHaveItUnderWayTogether) {
  EngineUnderTest replicas[2];
  const absl::Time began = replicas[0].WallNow();
  std::vector<absl::Time> sent = {began};
  LoseTheFirstAnswer(replicas[0]);
  absl::Time now = replicas[0].WallNow() + 2 * kFirstTry;
  for (int call = 1; call < 12; ++call) {
    EngineUnderTest& replica = replicas[call % 2];
    replica.executor().Advance(now - replica.WallNow());
    AnswerNone(replica);
    const Caller told = Settle(replica);
    absl::Duration wait = 2 * kFirstTry;
    if (IsSent(replica, told)) {
      sent.push_back(replica.WallNow());
      told->Leave();
      replica.transport().Answer(Broken(TransferError::kTimeout, true));
      AnswerNone(replica);
    } else {
      wait = std::max(wait, RetryDelay(told->status()));
    }
    now = replica.WallNow() + wait;
    replica.executor().Advance(wait);
  }
  ASSERT_GE(sent.size(), 4u) << "it is sent again";
  for (size_t i = 1; i < sent.size(); ++i) {
    EXPECT_GE(sent[i] - sent[i - 1], kUnderWay) << i;
  }
}

TEST(TurnsTest, ASlowConnectionTakesNothingFromTheTime) {
  EngineUnderTest engine;
  Caller told = Settle(engine);
  engine.executor().Advance(absl::Seconds(10));
  const absl::Time lost = engine.WallNow();
  engine.transport().Answer(Broken(TransferError::kReset, true));
  AnswerNone(engine);
  engine.Continue(*told);
  engine.executor().Advance(RetryDelay(told->status()));
  AnswerNone(engine);
  told = Settle(engine);
  ASSERT_TRUE(IsSent(engine, told));
  EXPECT_GE(engine.WallNow() - lost, absl::Seconds(59));
}

// Of the seconds by which clocks may be apart.
TEST(TurnsTest, AStepOfTheClockTakesNothingFromTheTime) {
  EngineUnderTest engine;
  const runtime::Instant began = engine.executor().clock().Now();
  LoseTheFirstAnswer(engine);
  engine.executor().clock().SetWall(engine.WallNow() + absl::Seconds(4.5));
  bool sent = false;
  while (!sent) {
    AnswerNone(engine);
    const Caller told = Settle(engine);
    sent = IsSent(engine, told);
    if (!sent) engine.executor().Advance(RetryDelay(told->status()));
  }
  EXPECT_GE(engine.executor().clock().Now() - began, absl::Seconds(59));
}

// What stands before Klarna does not know what Klarna has.
TEST(TurnsTest, A404WithoutKlarnasCodeIsNoProof) {
  EngineUnderTest engine;
  LoseTheFirstAnswer(engine);
  engine.executor().Advance(
      absl::Seconds(100) -
      (engine.WallNow() - absl::FromUnixSeconds(1'700'000'000)));
  for (int i = 0; i < 2; ++i) {
    engine.transport().Answer(Whole(404, "<html>default backend</html>"));
  }
  const Caller told = Settle(engine);
  EXPECT_FALSE(IsSent(engine, told));
  EXPECT_EQ(OutcomeOf(*told)->verdict(), v1::VERDICT_UNKNOWN);
}

}  // namespace
}  // namespace klarna::gateway

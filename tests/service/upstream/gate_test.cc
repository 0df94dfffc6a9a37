// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/gate.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "service/rest/status_details.h"
#include "tests/testing/manual_executor.h"

namespace klarna::upstream {
namespace {

using Code = absl::StatusCode;

// A call on its way through the gate.
struct Caller {
  std::optional<absl::StatusOr<Gate::Pass>> pass;
  runtime::Task<void> task;

  bool waits() const { return !pass.has_value(); }
  bool through() const { return pass.has_value() && pass->ok(); }
  absl::Status status() const { return pass->status(); }
};

runtime::Task<void> Store(runtime::Task<absl::StatusOr<Gate::Pass>> enter,
                          Caller& caller) {
  absl::StatusOr<Gate::Pass> pass = co_await std::move(enter);
  caller.pass.emplace(std::move(pass));
}

Answer AnswerOf(int status, http::Headers headers = {}) {
  Answer answer;
  answer.head = {.status = status, .headers = std::move(headers)};
  answer.transfer = {.request_sent = true, .framed = true};
  return answer;
}

Answer Broken(http::TransferError error) {
  Answer answer;
  answer.transfer = {.error = error, .request_sent = true};
  return answer;
}

std::string Reason(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  rest::GetDetail(status, info);
  return info.reason();
}

absl::Duration RetryAfter(const absl::Status& status) {
  google::rpc::RetryInfo info;
  if (!rest::GetDetail(status, info)) return -absl::InfiniteDuration();
  return absl::Seconds(info.retry_delay().seconds()) +
         absl::Nanoseconds(info.retry_delay().nanos());
}

class GateTest : public ::testing::Test {
 protected:
  GateTest() {
    route_.domain = "order_management";
    route_.label = "order_management.get_order";
    other_route_.domain = "payments";
    other_route_.label = "payments.get_session";
    account_.name = "shop";
    account_.merchant_key = "M1";
    account_.endpoint.base_uri = "https://api.klarna.example";
    other_account_ = account_;
    other_account_.name = "other";
    other_account_.merchant_key = "M2";
    executor_.Advance(absl::Hours(1));
  }

  std::unique_ptr<Caller> Enter(const CallTarget& target,
                                CallKind kind = CallKind::kRead) {
    auto caller = std::make_unique<Caller>();
    caller->task = Store(gate_.Enter(executor_, target, kind), *caller);
    caller->task.Start();
    executor_.RunUntilIdle();
    return caller;
  }
  std::unique_ptr<Caller> Enter() { return Enter(target_); }

  void Fail(int calls, const Answer& answer) {
    for (int i = 0; i < calls; ++i) {
      auto caller = Enter();
      ASSERT_TRUE(caller->through());
      (*caller->pass)->Heard(answer);
    }
  }

  runtime::Instant Now() { return executor_.clock().Now(); }

  testing::ManualExecutor executor_;
  rest::Route route_;
  rest::Route other_route_;
  config::Account account_;
  config::Account other_account_;
  CallTarget target_{route_, account_};
  Gate gate_{config::Limits()};
};

TEST_F(GateTest, LetsCallsThroughAtOnce) {
  for (int i = 0; i < 1000; ++i) {
    auto caller = Enter();
    ASSERT_TRUE(caller->through());
    (*caller->pass)->Heard(AnswerOf(200));
  }
}

TEST_F(GateTest, ACallWaitsForItsTurnInTheQuota) {
  account_.endpoint.quota = {.calls_per_second = 10};
  EXPECT_TRUE(Enter()->through());
  auto caller = Enter();
  EXPECT_TRUE(caller->waits());
  executor_.Advance(absl::Milliseconds(110));
  EXPECT_TRUE(caller->through());
}

TEST_F(GateTest, ACallWhoseTurnComesTooLateIsRefused) {
  account_.endpoint.quota = {.calls_per_second = 10};
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 30; ++i) callers.push_back(Enter());
  const absl::Status status = callers.back()->status();
  EXPECT_EQ(status.code(), Code::kResourceExhausted);
  EXPECT_EQ(Reason(status), "QUOTA_EXHAUSTED");
  EXPECT_GT(RetryAfter(status), absl::Seconds(1));
  executor_.Advance(absl::Seconds(2));
  int through = 0;
  for (const auto& caller : callers) through += caller->through() ? 1 : 0;
  EXPECT_GE(through, 19);
  EXPECT_LE(through, 21);
}

TEST_F(GateTest, ACallThatBeganWaitsRatherThanBeingRefused) {
  account_.endpoint.quota = {.calls_per_second = 10};
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 30; ++i) callers.push_back(Enter());
  target_.begun = true;
  auto caller = Enter();
  EXPECT_TRUE(caller->waits());
  executor_.Advance(absl::Seconds(3));
  EXPECT_TRUE(caller->through());
}

TEST_F(GateTest, NobodyWaitsBeyondTheDeadline) {
  account_.endpoint.quota = {.calls_per_second = 10};
  EXPECT_TRUE(Enter()->through());
  target_.deadline = Now() + absl::Milliseconds(50);
  EXPECT_EQ(Reason(Enter()->status()), "QUOTA_EXHAUSTED");
}

TEST_F(GateTest, WhoLeavesGivesHisTurnToTheNext) {
  account_.endpoint.quota = {.calls_per_second = 10};
  EXPECT_TRUE(Enter()->through());
  auto leaves = Enter();
  auto stays = Enter();
  leaves.reset();
  executor_.Advance(absl::Milliseconds(210));
  EXPECT_TRUE(stays->through());
}

TEST_F(GateTest, ARefusalStopsTheMerchantAndNobodyElse) {
  auto caller = Enter();
  (*caller->pass)->Heard(AnswerOf(429, {{"Retry-After", "30"}}));
  const absl::Status status = Enter({other_route_, account_})->status();
  EXPECT_EQ(Reason(status), "QUOTA_EXHAUSTED");
  EXPECT_EQ(RetryAfter(status), absl::Seconds(30));
  EXPECT_TRUE(Enter({route_, other_account_})->through());
  executor_.Advance(absl::Seconds(30));
  EXPECT_TRUE(Enter()->through());
}

TEST_F(GateTest, AccountsOfOneMerchantShareItsQuota) {
  account_.endpoint.quota = {.calls_per_second = 10};
  config::Account sibling = account_;
  sibling.name = "sibling";
  EXPECT_TRUE(Enter()->through());
  EXPECT_TRUE(Enter({route_, sibling})->waits());
}

TEST_F(GateTest, OpensTheBreakerOnFailures) {
  using http::TransferError;
  const Answer failures[] = {
      AnswerOf(500), AnswerOf(503), Broken(TransferError::kConnect),
      Broken(TransferError::kTls), Broken(TransferError::kReset)};
  for (const Answer& failure : failures) {
    Fail(20, failure);
    const absl::Status status = Enter()->status();
    EXPECT_EQ(status.code(), Code::kUnavailable);
    EXPECT_EQ(Reason(status), "BREAKER_OPEN");
    EXPECT_EQ(RetryAfter(status), absl::Seconds(1));
    executor_.Advance(absl::Seconds(1));
    for (int i = 0; i < 2; ++i) {
      auto probe = Enter();
      ASSERT_TRUE(probe->through());
      EXPECT_FALSE(Enter()->through());
      (*probe->pass)->Heard(AnswerOf(200));
      executor_.Advance(absl::Seconds(1));
    }
    EXPECT_TRUE(Enter()->through());
    executor_.Advance(absl::Seconds(20));
  }
}

TEST_F(GateTest, AnswersThatRefuseOpenNoBreaker) {
  for (const int status : {400, 401, 403, 404, 409, 429}) {
    for (int i = 0; i < 30; ++i) {
      Fail(1, AnswerOf(status, {{"Retry-After", "0"}}));
      executor_.Advance(absl::Milliseconds(100));
    }
  }
  EXPECT_TRUE(Enter()->through());
}

TEST_F(GateTest, OtherDomainsAndAccountsGoOn) {
  Fail(20, AnswerOf(503));
  EXPECT_FALSE(Enter()->through());
  EXPECT_TRUE(Enter({other_route_, account_})->through());
  EXPECT_TRUE(Enter({route_, other_account_})->through());
}

// Whoever has one millisecond left proves nothing.
TEST_F(GateTest, TheImpatienceOfCallersOpensNoBreaker) {
  Fail(30, Broken(http::TransferError::kTimeout));
  for (int i = 0; i < 30; ++i) {
    auto caller = Enter();
    executor_.Advance(absl::Milliseconds(10));
    caller.reset();
  }
  EXPECT_TRUE(Enter()->through());
}

TEST_F(GateTest, SilenceOpensTheBreakerThoughCallersLeave) {
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 20; ++i) callers.push_back(Enter());
  executor_.Advance(absl::Seconds(5));
  callers.clear();
  EXPECT_EQ(Reason(Enter()->status()), "BREAKER_OPEN");
}

TEST_F(GateTest, ShedsWhatAMerchantHasTooManyOf) {
  gate_.Use({.max_concurrency = 20});
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 18; ++i) callers.push_back(Enter());
  EXPECT_TRUE(callers.back()->through());
  const absl::Status status = Enter()->status();
  EXPECT_EQ(status.code(), Code::kResourceExhausted);
  EXPECT_EQ(Reason(status), "OVERLOADED");
  EXPECT_GT(RetryAfter(status), absl::ZeroDuration());
  EXPECT_TRUE(Enter(target_, CallKind::kChange)->through());
  EXPECT_TRUE(Enter({route_, other_account_})->through());
  (*callers.back()->pass)->Heard(AnswerOf(200));
  EXPECT_TRUE(Enter()->through());
}

TEST_F(GateTest, ACallThatBeganWaitsForRoom) {
  gate_.Use({.max_concurrency = 20});
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 18; ++i) callers.push_back(Enter());
  target_.begun = true;
  auto caller = Enter();
  EXPECT_TRUE(caller->waits());
  callers.pop_back();
  executor_.Advance(absl::Milliseconds(50));
  EXPECT_TRUE(caller->through());
}

TEST_F(GateTest, AReadWithTooLittleTimeIsNotStarted) {
  {
    auto caller = Enter();
    executor_.Advance(absl::Milliseconds(40));
    (*caller->pass)->Heard(AnswerOf(200));
  }
  target_.deadline = Now() + absl::Milliseconds(40);
  const absl::Status status = Enter()->status();
  EXPECT_EQ(status.code(), Code::kDeadlineExceeded);
  EXPECT_EQ(Reason(status), "DEADLINE");
  target_.deadline = Now() + absl::Milliseconds(41);
  EXPECT_TRUE(Enter()->through());
  // Another operation may be faster.
  EXPECT_TRUE(Enter({.route = other_route_,
                     .account = account_,
                     .deadline = Now() + absl::Milliseconds(1)})
                  ->through());
  target_.deadline = Now();
  EXPECT_EQ(Reason(Enter()->status()), "DEADLINE");
}

// Its turn comes before its deadline, but the answer would not.
TEST_F(GateTest, AReadDoesNotWaitUntilItIsTooLate) {
  {
    auto caller = Enter();
    executor_.Advance(absl::Milliseconds(80));
    (*caller->pass)->Heard(AnswerOf(200));
  }
  account_.endpoint.quota = {.calls_per_second = 10};
  EXPECT_TRUE(Enter()->through());
  target_.deadline = Now() + absl::Milliseconds(150);
  EXPECT_FALSE(Enter()->waits());
  target_.deadline = Now() + absl::Milliseconds(200);
  EXPECT_TRUE(Enter()->waits());
}

TEST_F(GateTest, AChangeIsNotBegunTooLate) {
  target_.begin_before = Now() + absl::Milliseconds(1);
  EXPECT_TRUE(Enter(target_, CallKind::kChange)->through());
  target_.begin_before = Now();
  const absl::Status status = Enter(target_, CallKind::kChange)->status();
  EXPECT_EQ(status.code(), Code::kDeadlineExceeded);
  EXPECT_EQ(Reason(status), "DEADLINE");
}

// For ThreadSanitizer: what executors share.
TEST_F(GateTest, ServesManyExecutors) {
  account_.endpoint.quota = {.calls_per_second = 10'000};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      testing::ManualExecutor executor;
      for (int call = 0; call < 500; ++call) {
        Caller caller;
        caller.task =
            Store(gate_.Enter(executor, target_, CallKind::kChange), caller);
        caller.task.Start();
        while (caller.waits()) executor.AdvanceToNextTimer();
        if (caller.through()) (*caller.pass)->Heard(AnswerOf(200));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(Enter({route_, other_account_})->through());
}

}  // namespace
}  // namespace klarna::upstream

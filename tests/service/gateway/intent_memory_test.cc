// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/intent_memory.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/testing/manual_executor.h"

namespace klarna::gateway {
namespace {

using State = IntentClaim::State;

Intent MakeIntent(const std::string& key, const std::string& content) {
  return {.request_id = absl::StrCat("id of ", key),
          .key = key,
          .content_hash = content,
          .first_attempt = {}};
}

// A claim that waits while another call works on the intent.
const std::optional<State> kWaits = std::nullopt;

// A call's claim, from its beginning on.
struct Asked {
  Asked(IntentMemory& memory, Intent what, runtime::Executor& executor)
      : intent(std::move(what)), task(Ask(memory, executor)) {
    task.Start();
  }

  runtime::Task<void> Ask(IntentMemory& memory, runtime::Executor& executor) {
    answer = co_await memory.Claim(intent, executor);
  }

  const Intent intent;
  std::optional<IntentClaim> answer;
  runtime::Task<void> task;
};

class IntentMemoryTest : public ::testing::Test {
 protected:
  IntentMemoryTest() { clock_.Advance(kSkew); }

  std::optional<State> Claim(const std::string& key,
                             const std::string& content = "content") {
    const Asked& asked = Begin(MakeIntent(key, content));
    if (!asked.answer) return kWaits;
    return asked.answer->state;
  }

  // Of one that does not wait.
  IntentClaim ClaimAll(const std::string& key) {
    return ClaimAlone(MakeIntent(key, "content"));
  }
  IntentClaim ClaimAlone(const Intent& intent) {
    return Begin(intent).answer.value();
  }

  const Asked& Begin(const Intent& intent) {
    return *asked_.emplace_back(
        std::make_unique<Asked>(memory_, intent, executor_));
  }

  void Settle(const std::string& key, const IntentRecord& record, bool final) {
    runtime::Task<void> task = memory_.Settle(key, record, final);
    task.Start();
    EXPECT_TRUE(task.done());
  }

  // One attempt was made; `id` is what it created.
  void Settle(const std::string& key, v1::Verdict verdict, bool final = true,
              const std::string& id = "") {
    IntentRecord record;
    record.outcome.set_verdict(verdict);
    record.outcome.set_created_id(id);
    record.outcome.set_attempts(1);
    Settle(key, record, final);
  }

  static constexpr size_t kCapacity = 4;
  static constexpr absl::Duration kSkew = absl::Seconds(3);
  testing::ManualExecutor executor_;
  testing::ManualClock& clock_ = executor_.clock();
  LocalIntentMemory memory_{kCapacity, clock_, kSkew};
  std::vector<std::unique_ptr<Asked>> asked_;
};

TEST_F(IntentMemoryTest, TheFirstClaimIsMine) {
  EXPECT_EQ(Claim("a"), State::kMine);
  EXPECT_EQ(Claim("b"), State::kMine);
}

// What an earlier process sent is not remembered, and the id may have its time
// from a clock that is ahead.
TEST_F(IntentMemoryTest, AnIntentFromBeforeTheMemoryIsInDoubt) {
  const absl::Time birth = clock_.WallNow() - kSkew;
  const auto doubt = [&](const char* key, absl::Duration after_birth) {
    Intent intent = MakeIntent(key, "content");
    intent.first_attempt = birth + after_birth;
    const bool may_know =
        memory_.MayKnow(intent.request_id, intent.first_attempt);
    EXPECT_EQ(ClaimAlone(intent).doubt, may_know) << key;
    return may_know;
  };
  EXPECT_TRUE(doubt("before", absl::Milliseconds(-1)));
  EXPECT_TRUE(doubt("with", absl::ZeroDuration()));
  EXPECT_TRUE(doubt("soon", kSkew - absl::Milliseconds(1)));
  EXPECT_FALSE(doubt("behind", kSkew));
}

TEST_F(IntentMemoryTest, KnowsTheIdsOfItsIntents) {
  const absl::Time now = clock_.WallNow();
  const auto known = [&](const char* key) {
    return memory_.MayKnow(absl::StrCat("id of ", key), now);
  };
  // One id may stand for changes of several callers, or of several orders.
  Intent same = MakeIntent("same", "content");
  same.request_id = "id of first";
  EXPECT_FALSE(known("first"));
  for (const Intent& intent : {MakeIntent("first", "content"), same}) {
    ClaimAlone(intent);
    EXPECT_TRUE(known("first"));
    Settle(intent.key, v1::VERDICT_APPLIED);
    EXPECT_TRUE(known("first"));
  }
  // Each of these pushes one of the first ones out.
  for (const char* key : {"2", "3", "4"}) Claim(key);
  EXPECT_TRUE(known("first"));
  Claim("5");
  EXPECT_FALSE(known("first"));
  EXPECT_TRUE(known("5"));
}

// Nobody can say what an earlier call, that the memory has forgotten, did.
TEST_F(IntentMemoryTest, WithoutRoomTheDoubtIsToldAllTheSame) {
  for (size_t i = 0; i < kCapacity; ++i) Claim(absl::StrCat(i));
  Intent old = MakeIntent("old", "content");
  EXPECT_TRUE(ClaimAlone(old).doubt);
  Intent fresh = MakeIntent("fresh", "content");
  fresh.first_attempt = clock_.WallNow();
  const IntentClaim claim = ClaimAlone(fresh);
  EXPECT_EQ(claim.state, State::kFull);
  EXPECT_FALSE(claim.doubt);
}

// It may have been at another replica since it was here.
TEST_F(IntentMemoryTest, AnIntentThatComesBackLateIsInDoubt) {
  Intent intent = MakeIntent("a", "content");
  intent.first_attempt = clock_.WallNow();
  EXPECT_FALSE(ClaimAlone(intent).doubt);
  Settle("a", v1::VERDICT_NOT_SENT, /*final=*/false);
  EXPECT_FALSE(ClaimAlone(intent).doubt);
  Settle("a", v1::VERDICT_NOT_SENT, /*final=*/false);
  intent.maybe_tried_before = true;
  EXPECT_TRUE(ClaimAlone(intent).doubt);
}

TEST_F(IntentMemoryTest, AnIdAsOldAsWhatWasForgottenIsInDoubt) {
  const auto intent = [this](const std::string& key) {
    Intent made = MakeIntent(key, "content");
    made.first_attempt = clock_.WallNow();
    return made;
  };
  const Intent first = intent("first");
  ClaimAlone(first);
  Settle("first", v1::VERDICT_APPLIED);
  clock_.Advance(absl::Seconds(1));
  for (size_t i = 0; i < kCapacity; ++i) {
    const std::string key = absl::StrCat(i);
    EXPECT_FALSE(ClaimAlone(intent(key)).doubt) << key;
    Settle(key, v1::VERDICT_APPLIED);
  }
  EXPECT_TRUE(ClaimAlone(first).doubt);
}

TEST_F(IntentMemoryTest, WhatMayHaveBeenTriedBeforeStaysInDoubt) {
  Intent intent = MakeIntent("a", "content");
  intent.first_attempt = clock_.WallNow();
  intent.maybe_tried_before = true;
  EXPECT_TRUE(ClaimAlone(intent).doubt);
  Settle("a", v1::VERDICT_NOT_SENT, /*final=*/false);
  intent.maybe_tried_before = false;
  EXPECT_TRUE(ClaimAlone(intent).doubt);
}

TEST_F(IntentMemoryTest, AClaimInFlightWaitsAndHearsTheEnd) {
  Claim("a");
  const Asked* const waiting[] = {&Begin(MakeIntent("a", "content")),
                                  &Begin(MakeIntent("a", "content"))};
  for (const Asked* asked : waiting) EXPECT_FALSE(asked->answer);
  Settle("a", v1::VERDICT_APPLIED, true, "id-1");
  executor_.RunUntilIdle();
  for (const Asked* asked : waiting) {
    ASSERT_TRUE(asked->answer);
    EXPECT_EQ(asked->answer->state, State::kSettled);
    EXPECT_EQ(asked->answer->record.outcome.created_id(), "id-1");
  }
}

TEST_F(IntentMemoryTest, WhoWaitsHearsAnEndThatIsNotFinalToo) {
  Claim("a");
  const Asked& waiting = Begin(MakeIntent("a", "content"));
  Settle("a", v1::VERDICT_UNKNOWN, false, "?");
  executor_.RunUntilIdle();
  ASSERT_TRUE(waiting.answer);
  EXPECT_EQ(waiting.answer->state, State::kSettled);
  EXPECT_EQ(waiting.answer->record.outcome.created_id(), "?");
  EXPECT_EQ(Claim("a"), State::kMine);
}

// The first one knew nothing of what its caller may have done elsewhere since.
TEST_F(IntentMemoryTest, WhoWaitsInDoubtDoesNotTakeTheEndOfOneWithout) {
  Intent intent = MakeIntent("a", "content");
  intent.first_attempt = clock_.WallNow();
  ASSERT_FALSE(ClaimAlone(intent).doubt);
  intent.maybe_tried_before = true;
  const Asked* const waiting[] = {&Begin(intent), &Begin(intent)};
  Settle("a", v1::VERDICT_NOT_SENT, /*final=*/false);
  executor_.RunUntilIdle();
  ASSERT_TRUE(waiting[0]->answer);
  EXPECT_EQ(waiting[0]->answer->state, State::kMine);
  EXPECT_TRUE(waiting[0]->answer->doubt);
  // The second of them did.
  EXPECT_FALSE(waiting[1]->answer);
  Settle("a", v1::VERDICT_UNKNOWN, /*final=*/false);
  executor_.RunUntilIdle();
  ASSERT_TRUE(waiting[1]->answer);
  EXPECT_EQ(waiting[1]->answer->state, State::kSettled);
}

TEST_F(IntentMemoryTest, WhoWaitsInDoubtTakesAnEndThatIsFinal) {
  Intent intent = MakeIntent("a", "content");
  intent.first_attempt = clock_.WallNow();
  ClaimAlone(intent);
  intent.maybe_tried_before = true;
  const Asked& waiting = Begin(intent);
  Settle("a", v1::VERDICT_APPLIED);
  executor_.RunUntilIdle();
  ASSERT_TRUE(waiting.answer);
  EXPECT_EQ(waiting.answer->state, State::kSettled);
}

TEST_F(IntentMemoryTest, WhoWaitsGoesOnWithWhatWasGivenUp) {
  Claim("a");
  const Asked& waiting = Begin(MakeIntent("a", "content"));
  IntentRecord record;
  record.given_up = true;
  Settle("a", record, /*final=*/false);
  executor_.RunUntilIdle();
  ASSERT_TRUE(waiting.answer);
  EXPECT_EQ(waiting.answer->state, State::kMine);
}

TEST_F(IntentMemoryTest, AClaimMayBeGivenUpWhileItWaits) {
  Claim("a");
  EXPECT_EQ(Claim("a"), kWaits);
  asked_.pop_back();
  Settle("a", v1::VERDICT_APPLIED);
  executor_.RunUntilIdle();
  EXPECT_EQ(Claim("a"), State::kSettled);
}

TEST_F(IntentMemoryTest, ASettledIntentIsAnsweredFromItsRecord) {
  Claim("a");
  Settle("a", v1::VERDICT_APPLIED, true, "id-1");
  const IntentClaim claim = ClaimAll("a");
  EXPECT_EQ(claim.state, State::kSettled);
  EXPECT_EQ(claim.record.outcome.created_id(), "id-1");
}

TEST_F(IntentMemoryTest, WhatIsNotFinalIsMineAgainWithItsPast) {
  Claim("a");
  Settle("a", v1::VERDICT_UNKNOWN, false);
  const IntentClaim claim = ClaimAll("a");
  EXPECT_EQ(claim.state, State::kMine);
  EXPECT_EQ(claim.record.outcome.verdict(), v1::VERDICT_UNKNOWN);
  EXPECT_EQ(claim.record.outcome.attempts(), 1);
  EXPECT_EQ(Claim("a"), kWaits);
}

TEST_F(IntentMemoryTest, AnotherContentIsFoundOutInEveryState) {
  Claim("a");
  EXPECT_EQ(Claim("a", "other"), State::kOtherBody);
  Settle("a", v1::VERDICT_UNKNOWN, false);
  EXPECT_EQ(Claim("a", "other"), State::kOtherBody);
  Claim("a");
  Settle("a", v1::VERDICT_APPLIED);
  EXPECT_EQ(Claim("a", "other"), State::kOtherBody);
  EXPECT_EQ(Claim("a"), State::kSettled) << "the first content keeps its claim";
}

TEST_F(IntentMemoryTest, AMendedContentTakesThePlaceOfOneThatWasNeverSent) {
  Intent intent = MakeIntent("a", "content");
  intent.first_attempt = clock_.WallNow();
  Intent mended = intent;
  mended.content_hash = "mended";
  IntentRecord unsent;
  unsent.outcome.set_verdict(v1::VERDICT_NOT_SENT);
  ClaimAlone(intent);
  EXPECT_EQ(ClaimAlone(mended).state, State::kOtherBody) << "in flight";
  Settle("a", unsent, /*final=*/false);
  Intent late = mended;
  late.maybe_tried_before = true;
  EXPECT_EQ(ClaimAlone(late).state, State::kOtherBody) << "it may be elsewhere";
  EXPECT_EQ(ClaimAlone(mended).state, State::kMine);
  unsent.outcome.set_attempts(1);
  Settle("a", unsent, /*final=*/false);
  EXPECT_EQ(ClaimAlone(intent).state, State::kOtherBody);
}

TEST_F(IntentMemoryTest, FullOfWorkInFlightTakesNoMore) {
  for (size_t i = 0; i < kCapacity; ++i) Claim(absl::StrCat(i));
  EXPECT_EQ(Claim("one more"), State::kFull);
  EXPECT_EQ(Claim("0"), kWaits) << "known ones are served";
  Settle("2", v1::VERDICT_APPLIED);
  EXPECT_EQ(Claim("one more"), State::kMine);
}

TEST_F(IntentMemoryTest, FullOfUnknownOutcomesTakesNoMore) {
  for (size_t i = 0; i < kCapacity; ++i) {
    Claim(absl::StrCat(i));
    Settle(absl::StrCat(i), v1::VERDICT_UNKNOWN, i % 2 == 0);
  }
  EXPECT_EQ(Claim("one more"), State::kFull);
  EXPECT_EQ(Claim("0"), State::kSettled);
  EXPECT_EQ(Claim("1"), State::kMine);
}

TEST_F(IntentMemoryTest, WhenFullTheOldestSettledIsForgotten) {
  for (const char* key : {"unknown", "old", "new", "busy"}) Claim(key);
  Settle("unknown", v1::VERDICT_UNKNOWN);
  Settle("new", v1::VERDICT_REJECTED);
  Settle("old", v1::VERDICT_APPLIED);
  EXPECT_EQ(Claim("one more"), State::kMine);
  EXPECT_EQ(Claim("new"), State::kSettled);
  EXPECT_EQ(Claim("unknown"), State::kSettled);
  EXPECT_EQ(Claim("busy"), kWaits);
}

// However many changes come by, what may have happened is not forgotten.
TEST_F(IntentMemoryTest, AnUnknownOutcomeOutlivesAnyTraffic) {
  Claim("unknown");
  Settle("unknown", v1::VERDICT_UNKNOWN, false);
  Claim("busy");
  for (int i = 0; i < 10'000; ++i) {
    const std::string key = absl::StrCat("traffic ", i);
    ASSERT_EQ(Claim(key), State::kMine) << i;
    Settle(key, v1::VERDICT_APPLIED);
  }
  EXPECT_EQ(Claim("busy"), kWaits);
  EXPECT_EQ(ClaimAll("unknown").record.outcome.verdict(), v1::VERDICT_UNKNOWN);
}

// Klarna forgets a key after 24 hours; within them the gateway must not.
TEST_F(IntentMemoryTest, KeepsARecordFor25Hours) {
  Claim("a");
  Settle("a", v1::VERDICT_APPLIED);
  clock_.Advance(absl::Hours(25) - absl::Milliseconds(1));
  EXPECT_EQ(Claim("a"), State::kSettled);
  EXPECT_EQ(Claim("b"), State::kMine);
  EXPECT_EQ(Claim("a"), State::kSettled);
}

TEST_F(IntentMemoryTest, ForgetsAfter25Hours) {
  Claim("applied");
  Settle("applied", v1::VERDICT_APPLIED);
  Claim("unknown");
  Settle("unknown", v1::VERDICT_UNKNOWN);
  Claim("busy");
  clock_.Advance(absl::Hours(25));
  EXPECT_EQ(Claim("applied"), State::kMine);
  EXPECT_EQ(Claim("unknown"), State::kMine);
  EXPECT_EQ(Claim("busy"), kWaits) << "whatever its age";
}

// An intent that was refused unsent for its age is unknown to the gateway, but
// nothing is lost by forgetting it: a storm of such calls must not fill it.
TEST_F(IntentMemoryTest, AnUnknownOutcomeWithoutAnAttemptMayBeForgotten) {
  for (size_t i = 0; i < 3 * kCapacity; ++i) {
    ASSERT_EQ(Claim(absl::StrCat(i)), State::kMine) << i;
    IntentRecord record;
    record.outcome.set_verdict(v1::VERDICT_UNKNOWN);
    Settle(absl::StrCat(i), record, /*final=*/true);
  }
}

TEST_F(IntentMemoryTest, SettlingWhatIsNotKnownDoesNothing) {
  Settle("a", v1::VERDICT_APPLIED);
  EXPECT_EQ(Claim("a"), State::kMine);
}

TEST_F(IntentMemoryTest, OneOfManyThreadsGetsTheClaim) {
  constexpr int kThreads = 8;
  constexpr int kKeys = 200;
  LocalIntentMemory memory(kKeys, clock_, kSkew);
  std::atomic<int> mine = 0;
  std::array<std::vector<std::unique_ptr<Asked>>, kThreads> asked;
  std::vector<std::thread> threads;
  for (std::vector<std::unique_ptr<Asked>>& own : asked) {
    own.reserve(kKeys);
    threads.emplace_back([&] {
      for (int key = 0; key < kKeys; ++key) {
        const Asked& claim = *own.emplace_back(std::make_unique<Asked>(
            memory, MakeIntent(absl::StrCat(key), "content"), executor_));
        if (!claim.answer || claim.answer->state != State::kMine) continue;
        ++mine;
        memory.Settle(claim.intent.key, {}, /*final=*/true).Start();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  executor_.RunUntilIdle();
  EXPECT_EQ(mine, kKeys);
  for (const auto& own : asked) {
    for (const auto& claim : own) EXPECT_TRUE(claim->answer);
  }
}

}  // namespace
}  // namespace klarna::gateway

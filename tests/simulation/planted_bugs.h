// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "service/gateway/intent_memory.h"
#include "service/gateway/publish.h"
#include "service/rest/route.h"
#include "tests/simulation/simulated_network.h"

namespace klarna::simulation {

// Defects that can be planted into the memory of intents.
enum class MemoryBug {
  kNone,
  kForgetsAll,         // Every call is the first.
  kForgetsTheContent,  // Another content under the same id is not noticed.
  kReplaysUnknown,     // An unknown outcome is kept as an applied one.
  kHasNoDoubt,         // Nothing may have been tried at another replica.
  kTrustsClocks,       // All clocks say the same.
  kDeniesIds,          // It knows of no id.
  kLetsTwoTry,         // A call does not wait for one with the same id.
};

// Into the engine's tables of operations.
enum class TableBug {
  kNone,
  kNeverIsKeyed,     // What must not be repeated counts as keyed,
  kNeverIsAbsolute,  // or as harmless.
  kLookBackIsBlind,  // Whatever a look back reads shows no trace.
};

// Into what the engine hears and says.
enum class CallerBug {
  kNone,
  kAlwaysUnknown,    // Every outcome is told as unknown.
  kIsNeverLeft,      // That the caller has left is not noticed.
  kHasNoDeadline,    // Nor that it will leave.
  kClockMissesADay,  // The wall clock stands still while callers pause.
};

struct Bugs {
  NetworkBug network = NetworkBug::kNone;
  MemoryBug memory = MemoryBug::kNone;
  TableBug table = TableBug::kNone;
  CallerBug caller = CallerBug::kNone;
};

// Delegates, with a defect.
class FaultyMemory final : public gateway::IntentMemory {
 public:
  FaultyMemory(const runtime::Clock& clock, MemoryBug bug)
      : memory_(1000, clock,
                bug == MemoryBug::kTrustsClocks ? absl::ZeroDuration()
                                                : gateway::kFirstTry),
        bug_(bug) {}

  bool MayKnow(absl::string_view request_id, absl::Time first_attempt) override;
  runtime::Task<gateway::IntentClaim> Claim(
      const gateway::Intent& intent, runtime::Executor& executor) override;
  runtime::Task<void> Settle(const std::string& key,
                             const gateway::IntentRecord& record,
                             bool final) override;

 private:
  gateway::LocalIntentMemory memory_;
  const MemoryBug bug_;
  std::set<std::string> in_flight_;
};

// A caller that does not say when it has left.
class DeafReply final : public gateway::PublishReply {
 public:
  explicit DeafReply(std::shared_ptr<gateway::PublishReply> reply)
      : reply_(std::move(reply)) {}

  void Finish(const absl::Status& status, std::string message) override {
    reply_->Finish(status, std::move(message));
  }
  bool caller_left() const override { return false; }

 private:
  const std::shared_ptr<gateway::PublishReply> reply_;
};

// The routes of all services, with a defect. Null if they do not compile.
std::unique_ptr<const rest::RouteTable> RoutesWith(TableBug bug);

}  // namespace klarna::simulation

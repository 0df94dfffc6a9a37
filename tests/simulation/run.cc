// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/run.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "service/auth/uuid.h"
#include "service/gateway/intent_memory.h"
#include "service/gateway/publish.h"
#include "service/rest/status_details.h"
#include "tests/service/gateway/engine_under_test.h"
#include "tests/service/sandbox/tour.h"
#include "tests/service/sandbox/world.h"
#include "tests/simulation/rest_call.h"
#include "tests/simulation/simulated_gateway.h"

namespace klarna::simulation {
namespace {

using gateway::v1::Outcome;
using gateway::v1::Verdict;

constexpr int kMaxCalls = 6;

// Delegates, with a defect.
class FaultyMemory final : public gateway::IntentMemory {
 public:
  FaultyMemory(const runtime::Clock& clock, MemoryBug bug)
      : memory_(1000, clock), bug_(bug) {}

  runtime::Task<gateway::IntentClaim> Claim(
      const gateway::Intent& intent, runtime::Executor& executor) override {
    const bool in_flight = !in_flight_.insert(intent.key).second;
    if (bug_ == MemoryBug::kForgetsAll ||
        (bug_ == MemoryBug::kLetsTwoTry && in_flight)) {
      co_return gateway::IntentClaim{gateway::IntentClaim::State::kMine};
    }
    gateway::Intent claimed = intent;
    if (bug_ == MemoryBug::kForgetsTheContent) claimed.content_hash.clear();
    gateway::IntentClaim claim = co_await memory_.Claim(claimed, executor);
    if (bug_ == MemoryBug::kHasNoDoubt) claim.doubt = false;
    co_return claim;
  }
  runtime::Task<void> Settle(const std::string& key,
                             const gateway::IntentRecord& record,
                             bool final) override {
    in_flight_.erase(key);
    gateway::IntentRecord kept = record;
    if (bug_ == MemoryBug::kReplaysUnknown &&
        kept.outcome.verdict() == gateway::v1::VERDICT_UNKNOWN) {
      kept.outcome.set_verdict(gateway::v1::VERDICT_APPLIED);
      kept.status = absl::OkStatus();
      final = true;
    }
    co_await memory_.Settle(key, kept, final);
  }

 private:
  gateway::LocalIntentMemory memory_;
  const MemoryBug bug_;
  std::set<std::string> in_flight_;
};

// Klarna refuses one content everywhere alike, so such a refusal of one attempt
// and a success of another come to one memory.
bool RefusesTheContent(const FaultKind& fault) {
  constexpr int kStatuses[] = {400, 404, 405, 406, 413, 415, 422};
  return std::find(std::begin(kStatuses), std::end(kStatuses), fault.status) !=
         std::end(kStatuses);
}

// Changes the first value that is no list or object. False if there is none.
bool ChangeAValue(nlohmann::json& value) {
  if (value.is_number_integer()) {
    value = value.get<int64_t>() + 1;
    return true;
  }
  if (value.is_string()) {
    value = value.get<std::string>() + "x";
    return true;
  }
  return value.is_structured() &&
         std::any_of(value.begin(), value.end(), ChangeAValue);
}

// The same request with another content. Nullopt where there is none.
std::optional<sandbox::Request> WithOtherContent(sandbox::Request request) {
  nlohmann::json body = nlohmann::json::parse(request.body, nullptr,
                                              /*allow_exceptions=*/false);
  if (body.is_discarded() || !ChangeAValue(body)) return std::nullopt;
  request.body = body.dump();
  return request;
}

// The real engine between a caller and a simulated Klarna, on one thread and
// virtual time.
class Simulation {
 public:
  Simulation(const RunPlan& plan, const rest::RouteTable& routes)
      : gateway_(plan.seed, plan.stop, SmallWorld(), config::Limits(),
                 plan.bugs.network),
        call_(*ToWriteCall(gateway_.request(), routes)),
        other_(OtherCall(gateway_.request(), routes)),
        bugs_(plan.bugs) {
    for (const FaultKind* fault : plan.faults) {
      // Nobody says 404 of what is there, and after a doubt it means deleted.
      if (fault->status == 404 && call_.route->method == "DELETE") continue;
      gateway_.network.Plan(*fault);
      one_replica_ |= RefusesTheContent(*fault);
    }
    for (auto& memory : memories_) {
      memory = std::make_unique<FaultyMemory>(executor_.clock(), bugs_.memory);
    }
    replica_ = !one_replica_ && Chance(20) ? 1 : 0;
    ledger_begin_ = world_.klarna.ledger().entries().size();
  }

  RunResult Run() {
    RunResult result;
    result.operation = call_.sandbox_operation;
    const std::string id =
        auth::TimeUuid(executor_.clock().WallNow(), gateway_.seeded);
    for (Told told; result.calls < kMaxCalls;) {
      const bool replied = Call(call_.Request(id), told);
      ++result.calls;
      // Its gateway dies before it replies, and the caller asks again at once.
      if (!one_replica_ && restarts_ > 0 && Chance(10)) {
        --restarts_;
        // No process starts within the millisecond in which an id is made.
        executor_.Advance(absl::Milliseconds(1));
        Restart(replica_);
        continue;
      }
      if (replied) result.verdict = told.outcome.verdict();
      if (replied && !WorthAnotherCall(told.outcome)) break;
      // What RetryInfo asks for. Who was told nothing waits as long.
      executor_.Advance(
          std::max(2 * gateway::kFirstTry,
                   replied ? told.retry_after : absl::ZeroDuration()));
      replica_ = !one_replica_ && Chance(20) ? 1 : 0;
    }
    SettleTheWorld();
    result.effects = CountEffects();
    result.contradiction = Contradiction(result);
    if (result.contradiction.empty() && other_ && Keyed() &&
        result.verdict == gateway::v1::VERDICT_APPLIED) {
      result.contradiction = AskForOtherContent(id);
    }
    return result;
  }

 private:
  struct Told {
    Outcome outcome = {};
    absl::Duration retry_after = {};
  };

  bool Keyed() const {
    return call_.route->idempotency == rest::v1::IDEMPOTENCY_KEYED;
  }
  static std::optional<RestCall> OtherCall(const sandbox::Request& request,
                                           const rest::RouteTable& routes) {
    const auto other = WithOtherContent(request);
    return other ? ToWriteCall(*other, routes) : std::nullopt;
  }
  bool Chance(uint64_t percent) { return gateway_.Chance(percent); }

  std::shared_ptr<testing::PublishCaller> Begin(const std::string& request,
                                                size_t replica,
                                                const RestCall& call) {
    auto caller = std::make_shared<testing::PublishCaller>();
    gateway::ServePublish(gateway_.For(*memories_[replica]), *call.method, {},
                          request, caller);
    return caller;
  }

  // What is still on its way arrives.
  void SettleTheWorld() {
    while (executor_.AdvanceToNextTimer()) {
    }
  }

  // Another content under the same id is swallowed by Klarna. Wherever it is
  // asked for, that must be told, or that it cannot be known.
  std::string AskForOtherContent(const std::string& id) {
    executor_.Advance(2 * gateway::kFirstTry);
    const int effects = CountEffects();
    const auto caller = Begin(other_->Request(id), Chance(50) ? 1 : 0, *other_);
    SettleTheWorld();
    if (CountEffects() != effects) return "another content happened as well";
    const bool told = caller->finished() && caller->status().ok() &&
                      !OutcomeOf(*caller).unverified();
    return told ? "another content was told APPLIED" : "";
  }

  // One call, perhaps with another one beside it. False if its caller left
  // before it was told anything.
  bool Call(const std::string& request, Told& told) {
    auto caller = Begin(request, replica_, call_);
    std::shared_ptr<testing::PublishCaller> twin;
    if (Chance(10)) {
      // Two replicas at the same moment know nothing of each other: without a
      // key, only Klarna's own guard of the state would help.
      const bool elsewhere = Keyed() && !one_replica_ && Chance(50);
      twin = Begin(request, elsewhere ? 1 - replica_ : replica_, call_);
    }
    if (leaves_ > 0 && Chance(15)) {
      --leaves_;
      executor_.RunAfter(absl::Milliseconds(gateway_.random() % 200),
                         [caller] { caller->Leave(); });
    }
    executor_.RunUntilIdle();
    while (!Done(*caller) || (twin && !Done(*twin))) {
      if (!executor_.AdvanceToNextTimer()) break;
    }
    if (!caller->finished()) return false;
    told = WhatItTold(*caller);
    // The caller hears both, and believes the more certain one.
    if (twin && twin->finished() &&
        Certainty(OutcomeOf(*twin)) > Certainty(told.outcome)) {
      told = WhatItTold(*twin);
    }
    return true;
  }

  // Of two calls at the same time, one that did nothing proves nothing.
  static int Certainty(const Outcome& outcome) {
    switch (outcome.verdict()) {
      case gateway::v1::VERDICT_APPLIED:
        return 2;
      case gateway::v1::VERDICT_UNKNOWN:
        return 1;
      default:
        return 0;
    }
  }

  static bool Done(const testing::PublishCaller& caller) {
    return caller.finished() || caller.caller_left();
  }

  static Outcome OutcomeOf(const testing::PublishCaller& caller) {
    Outcome outcome;
    if (caller.status().ok()) {
      // All responses have it in field 1.
      order_management::v1::PublishResponse response;
      response.ParseFromString(caller.message());
      outcome = response.outcome();
    } else {
      rest::GetDetail(caller.status(), outcome);
    }
    return outcome;
  }

  static Told WhatItTold(const testing::PublishCaller& caller) {
    Told told{.outcome = OutcomeOf(caller)};
    google::rpc::RetryInfo retry;
    if (rest::GetDetail(caller.status(), retry)) {
      told.retry_after = absl::Seconds(retry.retry_delay().seconds()) +
                         absl::Nanoseconds(retry.retry_delay().nanos());
    }
    return told;
  }

  void Restart(size_t replica) {
    retired_.push_back(std::move(memories_[replica]));
    memories_[replica] =
        std::make_unique<FaultyMemory>(executor_.clock(), bugs_.memory);
  }

  bool WorthAnotherCall(const Outcome& outcome) const {
    switch (outcome.verdict()) {
      case gateway::v1::VERDICT_NOT_SENT:
        return true;
      case gateway::v1::VERDICT_UNKNOWN:
        return call_.route->idempotency != rest::v1::IDEMPOTENCY_NEVER;
      default:
        return false;
    }
  }

  int CountEffects() const {
    const auto& entries = world_.klarna.ledger().entries();
    return static_cast<int>(std::count_if(
        entries.begin() + static_cast<std::ptrdiff_t>(ledger_begin_),
        entries.end(), [this](const sandbox::LedgerEntry& entry) {
          return entry.operation == call_.sandbox_operation;
        }));
  }

  std::string Contradiction(const RunResult& result) const {
    const bool absolute =
        call_.route->idempotency == rest::v1::IDEMPOTENCY_ABSOLUTE;
    if (result.effects > 1 && !absolute) return "happened twice";
    switch (result.verdict) {
      case gateway::v1::VERDICT_APPLIED:
        return result.effects == 0 ? "told APPLIED, did not happen" : "";
      case gateway::v1::VERDICT_REJECTED:
        return result.effects > 0 ? "told REJECTED, happened" : "";
      case gateway::v1::VERDICT_NOT_SENT:
        return result.effects > 0 ? "told NOT_SENT, happened" : "";
      case gateway::v1::VERDICT_UNKNOWN:
        return "";
      default:
        return "told nothing";
    }
  }

  SimulatedGateway gateway_;
  sandbox::World& world_ = gateway_.world;
  testing::ManualExecutor& executor_ = gateway_.executor;
  const RestCall call_;
  const std::optional<RestCall> other_;
  const Bugs bugs_;
  std::unique_ptr<FaultyMemory> memories_[2];
  // Of gateways that died: what they have on the wire still arrives.
  std::vector<std::unique_ptr<FaultyMemory>> retired_;
  bool one_replica_ = false;
  size_t replica_ = 0;  // That the caller asks next.
  int leaves_ = 3;
  int restarts_ = 2;
  size_t ledger_begin_ = 0;
};

}  // namespace

RunResult Simulate(const RunPlan& plan, const rest::RouteTable& routes) {
  return Simulation(plan, routes).Run();
}

std::vector<TourStop> WriteStops(const rest::RouteTable& routes) {
  return TourStopsWhere(SmallWorld(), [&](const sandbox::Request& request) {
    return ToWriteCall(request, routes).has_value();
  });
}

std::vector<TourStop> KeyedWriteStops(const rest::RouteTable& routes) {
  return TourStopsWhere(SmallWorld(), [&](const sandbox::Request& request) {
    const auto call = ToWriteCall(request, routes);
    return call && call->route->idempotency == rest::v1::IDEMPOTENCY_KEYED;
  });
}

}  // namespace klarna::simulation

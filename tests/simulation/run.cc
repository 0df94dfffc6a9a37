// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/run.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "service/auth/uuid.h"
#include "service/gateway/publish.h"
#include "service/gateway/refusal.h"
#include "tests/service/gateway/engine_under_test.h"
#include "tests/service/sandbox/world.h"
#include "tests/simulation/expectations.h"
#include "tests/simulation/rest_call.h"
#include "tests/simulation/simulated_gateway.h"
#include "tests/simulation/told.h"

namespace klarna::simulation {
namespace {

using testing::PublishCaller;

constexpr int kMaxCalls = 6;
// Beyond these, when all that goes wrong is over.
constexpr int kHealedCalls = 3;
// After so long, an id may be too old for the gateway by the wrong clock.
const absl::Duration kOldId = gateway::kIntentLifetime - absl::Hours(1);
// What begins with less time left is hardly answered in time. The gateway keeps
// a second, of which fetching a token may take some.
constexpr absl::Duration kTooLate = absl::Milliseconds(800);

bool RefusesTheContent(int status) {
  constexpr int kStatuses[] = {400, 404, 405, 406, 413, 415, 422};
  return std::find(std::begin(kStatuses), std::end(kStatuses), status) !=
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
      : plan_(plan),
        gateway_(plan.seed, plan.stop, SmallWorld(), config::Limits(),
                 plan.bugs.network),
        call_(*ToWriteCall(gateway_.request(), routes)),
        other_(OtherCall(gateway_.request(), routes)),
        keyed_(IsKeyed(call_.sandbox_operation)) {
    for (const FaultKind* fault : plan.faults) {
      // Nobody says 404 of what is there, and after a doubt it means deleted.
      if (fault->status == 404 && call_.route->method == "DELETE") continue;
      gateway_.network.Plan(*fault);
    }
    if (plan.calm) {
      CalmDown();
    } else {
      SetClocksApart();
    }
    for (auto& memory : memories_) memory = NewMemory();
    // They are no longer in doubt of every id.
    executor_.Advance(2 * gateway::kFirstTry);
    ChooseReplica();
    ledger_begin_ = world_.klarna.ledger().entries().size();
  }

  RunResult Run() {
    RunResult result;
    result.operation = call_.sandbox_operation;
    id_ = auth::TimeUuid(Now(), gateway_.seeded);
    id_made_ = Now();
    CallUntilSettled(result);
    SettleTheWorld();
    result.effects = CountEffects();
    if (contradiction_.empty()) contradiction_ = Contradiction(result);
    if (contradiction_.empty() && other_ && keyed_ &&
        result.verdict == gateway::v1::VERDICT_APPLIED) {
      AskForOtherContent();
    }
    result.contradiction = contradiction_;
    return result;
  }

 private:
  // What a call may go through beside its faults.
  struct Circumstances {
    runtime::Instant deadline = absl::InfiniteDuration();
    bool leaves = false;
    bool has_twin = false;
  };

  static std::optional<RestCall> OtherCall(const sandbox::Request& request,
                                           const rest::RouteTable& routes) {
    const auto other = WithOtherContent(request);
    return other ? ToWriteCall(*other, routes) : std::nullopt;
  }
  bool Chance(uint64_t percent) { return gateway_.Chance(percent); }
  // Whether it happens this time, of the times that are left.
  bool Spend(int& times, uint64_t percent) {
    if (times == 0 || !Chance(percent)) return false;
    --times;
    return true;
  }
  absl::Time Now() const { return gateway_.network.TrueTime(); }
  absl::Duration AgeOfId() const { return Now() - id_made_; }

  void CallUntilSettled(RunResult& result) {
    while (result.calls < kMaxCalls + kHealedCalls && contradiction_.empty()) {
      if (result.calls == kMaxCalls) Heal();
      const std::optional<Told> told = Call(result.calls == 0);
      ++result.calls;
      // Its gateway dies before it replies, and the caller asks again at once.
      if (!one_replica_ && Spend(restarts_, 10)) {
        // No process starts within the millisecond in which an id is made.
        executor_.Advance(absl::Milliseconds(1));
        Restart();
        continue;
      }
      if (told) {
        result.verdict = told->outcome.verdict();
        result.created_id = told->outcome.created_id();
        if (!WorthAnotherCall(*told)) break;
      }
      WaitForTheNextCall(told);
    }
  }

  // What RetryInfo asks for. Who was told nothing waits as long.
  void WaitForTheNextCall(const std::optional<Told>& told) {
    // The same process knows of the call before.
    if (Spend(hastes_, 10)) return;
    executor_.Advance(std::max(2 * gateway::kFirstTry,
                               told ? told->retry_after : absl::Duration()));
    if (Spend(pauses_, 2)) {
      const absl::Time before = executor_.clock().WallNow();
      executor_.Advance(kOldId + absl::Minutes(gateway_.random() % (3 * 60)));
      if (plan_.bugs.caller == CallerBug::kClockMissesADay) {
        executor_.clock().SetWall(before);
      }
    }
    if (Spend(jumps_, 4)) {
      SetSkew(absl::Hours(static_cast<int>(gateway_.random() % 3) - 1));
    }
    ChooseReplica();
  }

  void CalmDown() {
    leaves_ = hurries_ = twins_ = restarts_ = pauses_ = jumps_ = 0;
    hastes_ = refusals_ = 0;
    one_replica_ = true;
  }

  void Heal() {
    gateway_.network.Heal();
    leaves_ = hurries_ = restarts_ = pauses_ = jumps_ = 0;
    hastes_ = refusals_ = 0;
    SetSkew(absl::ZeroDuration());
  }

  // By no more than is taken for the same moment.
  void SetClocksApart() {
    const auto milliseconds = static_cast<int64_t>(gateway_.random() % 8001);
    executor_.clock().SetWall(Now() + absl::Milliseconds(milliseconds - 4000));
  }

  void SetSkew(absl::Duration skew) {
    skewed_ = skew != absl::ZeroDuration();
    executor_.clock().SetWall(Now() + skew);
  }

  // Two replicas at the same moment know nothing of each other: without a key,
  // only Klarna's own guard of the state would help, and of what a proxy
  // refuses one, the other one may have done.
  bool MayAskBoth() const {
    return keyed_ && !one_replica_ &&
           std::none_of(plan_.faults.begin(), plan_.faults.end(),
                        [](const FaultKind* fault) {
                          return RefusesTheContent(fault->status);
                        });
  }

  void ChooseReplica() {
    replica_ = !one_replica_ && Chance(20) ? 1 : 0;
    asked_elsewhere_ |= replica_ != 0;
  }

  std::unique_ptr<FaultyMemory> NewMemory() {
    return std::make_unique<FaultyMemory>(executor_.clock(), plan_.bugs.memory);
  }

  void Restart() {
    retired_.push_back(std::move(memories_[replica_]));
    memories_[replica_] = NewMemory();
    asked_elsewhere_ = true;
  }

  std::shared_ptr<PublishCaller> Begin(
      size_t replica, const RestCall& call,
      runtime::Instant deadline = absl::InfiniteDuration()) {
    auto caller = std::make_shared<PublishCaller>();
    std::shared_ptr<gateway::PublishReply> reply = caller;
    gateway::CallContext context;
    if (plan_.bugs.caller == CallerBug::kIsNeverLeft) {
      reply = std::make_shared<DeafReply>(caller);
    }
    if (plan_.bugs.caller != CallerBug::kHasNoDeadline) {
      context.deadline = deadline;
    }
    // With the deadline gRPC ends the call.
    if (deadline != absl::InfiniteDuration()) {
      executor_.RunAfter(deadline - executor_.clock().Now(),
                         [caller] { caller->Leave(); });
    }
    gateway::ServePublish(gateway_.For(*memories_[replica]), *call.method,
                          context, call.Request(id_), std::move(reply));
    return caller;
  }

  // What is still on its way arrives.
  void SettleTheWorld() {
    while (executor_.AdvanceToNextTimer()) {
    }
  }

  // Another content under the same id is swallowed by Klarna. Wherever it is
  // asked for, that must be told, or that it cannot be known.
  void AskForOtherContent() {
    executor_.Advance(2 * gateway::kFirstTry);
    const int effects = CountEffects();
    const auto caller = Begin(Chance(50) ? 1 : 0, *other_);
    SettleTheWorld();
    if (CountEffects() != effects) {
      contradiction_ = "another content happened as well";
    } else if (caller->finished() && caller->status().ok() &&
               !WhatWasTold(*caller).outcome.unverified()) {
      contradiction_ = "another content was told APPLIED";
    }
  }

  // One call. Nullopt if its caller left before it was told anything.
  std::optional<Told> Call(bool first) {
    if (AgeOfId() > kOldId) id_grew_old_ = true;
    const int begun = gateway_.network.changes_begun();
    if (nobody_asks_ && begun != begun_when_left_) {
      contradiction_ = "sent for a caller that had left";
    }
    Circumstances met;
    if (Spend(hurries_, 15)) {
      met.deadline = executor_.clock().Now() +
                     absl::Milliseconds(500 + gateway_.random() % 9500);
    }
    met.has_twin = Spend(twins_, 10);
    met.leaves = Spend(leaves_, 15);
    std::optional<Told> told = Play(met);
    CheckWhatBegan(met, begun, told.has_value());
    if (first && told && contradiction_.empty()) CheckAtOnce(met, *told);
    return told;
  }

  // By a gateway that is behind, before it looks at the call.
  Told TurnAway() {
    const std::string request = call_.Request(id_);
    google::protobuf::io::ArrayInputStream stream(
        request.data(), static_cast<int>(request.size()));
    PublishCaller caller;
    caller.Finish(
        gateway::RefuseChange(absl::ResourceExhaustedError("no room"),
                              *call_.method, stream, {}, *memories_[replica_],
                              executor_.clock().WallNow()),
        "");
    Told told = Hear(caller);
    const bool not_sent =
        told.outcome.verdict() == gateway::v1::VERDICT_NOT_SENT;
    if (not_sent && CountEffects() > 0) {
      contradiction_ = "told NOT_SENT where there was no room, happened";
    }
    return told;
  }

  std::optional<Told> Play(const Circumstances& met) {
    if (Spend(refusals_, 5)) return TurnAway();
    auto caller = Begin(replica_, call_, met.deadline);
    std::shared_ptr<PublishCaller> twin;
    if (met.has_twin) {
      const bool elsewhere = MayAskBoth() && Chance(50);
      twin = Begin(elsewhere ? 1 - replica_ : replica_, call_);
    }
    if (met.leaves) {
      // Before it is sent, or behind the looks of a resend.
      const uint64_t most = Chance(50) ? 200 : 9000;
      executor_.RunAfter(absl::Milliseconds(gateway_.random() % most),
                         [caller] { caller->Leave(); });
    }
    executor_.RunUntilIdle();
    while (!Done(*caller) || (twin && !Done(*twin))) {
      if (!executor_.AdvanceToNextTimer()) break;
    }
    if (!caller->finished()) return std::nullopt;
    Told told = Hear(*caller);
    if (twin && twin->finished()) told = MoreCertain(told, Hear(*twin));
    // An id from the future is refused: the gateway's clock is behind.
    if (told.refused && skewed_) return std::nullopt;
    return told;
  }

  // Gateways that died before may still have a call at work.
  void CheckWhatBegan(const Circumstances& met, int begun_before, bool told) {
    const int begun = gateway_.network.changes_begun();
    nobody_asks_ = !told && retired_.empty();
    begun_when_left_ = begun;
    if (met.has_twin || !retired_.empty() || begun == begun_before) return;
    if (gateway_.network.last_change_begun() > met.deadline - kTooLate) {
      contradiction_ = "sent too late to be answered in time";
    }
  }

  // What fails once is mended within the call, by the key.
  void CheckAtOnce(const Circumstances& met, const Told& told) {
    const bool undisturbed = !met.has_twin && !met.leaves &&
                             met.deadline == absl::InfiniteDuration() &&
                             plan_.faults.size() <= 1 && replica_ == 0 &&
                             !skewed_;
    // It takes all the time that a call has.
    const bool timed_out =
        !plan_.faults.empty() &&
        plan_.faults[0]->error == http::TransferError::kTimeout;
    if (!keyed_ || !undisturbed || timed_out) return;
    if (told.outcome.verdict() == gateway::v1::VERDICT_UNKNOWN &&
        !IsRefusedByKlarna()) {
      contradiction_ = "told UNKNOWN of what another attempt would settle";
    }
  }

  static bool Done(const PublishCaller& caller) {
    return caller.finished() || caller.caller_left();
  }

  Told Hear(const PublishCaller& caller) const {
    Told told = WhatWasTold(caller);
    if (plan_.bugs.caller == CallerBug::kAlwaysUnknown) {
      told.outcome.set_verdict(gateway::v1::VERDICT_UNKNOWN);
      told.safe_to_resend = true;
    }
    return told;
  }

  // What the change did so far.
  std::vector<const sandbox::LedgerEntry*> Effects() const {
    const auto& entries = world_.klarna.ledger().entries();
    std::vector<const sandbox::LedgerEntry*> effects;
    for (size_t i = ledger_begin_; i < entries.size(); ++i) {
      if (entries[i].operation == call_.sandbox_operation) {
        effects.push_back(&entries[i]);
      }
    }
    return effects;
  }
  int CountEffects() const { return static_cast<int>(Effects().size()); }

  // Whether it did not happen, and does not when nothing stands in its way.
  bool IsRefusedByKlarna() {
    if (CountEffects() > 0) return false;
    world_.clock.SetWall(Now());
    return world_.klarna.Handle(WithCredentials(gateway_.request())).status >=
           400;
  }

  std::string Contradiction(const RunResult& result) {
    if (result.effects > 1 && !SecondEffectIsHarmless(result.operation)) {
      return "happened twice";
    }
    switch (result.verdict) {
      case gateway::v1::VERDICT_APPLIED:
        if (result.effects > 0) return ContradictionOfId(result);
        return IsGoneByItself(result) ? "" : "told APPLIED, did not happen";
      case gateway::v1::VERDICT_REJECTED:
        return result.effects > 0 ? "told REJECTED, happened" : "";
      case gateway::v1::VERDICT_NOT_SENT:
        return result.effects > 0 ? "told NOT_SENT, happened" : "never sent";
      case gateway::v1::VERDICT_UNKNOWN:
        return MayStayUnknown(result) ? "" : "UNKNOWN though all is well again";
      default:
        return "told nothing";
    }
  }

  // An authorization that expired meanwhile is no more, as was asked for.
  bool IsGoneByItself(const RunResult& result) const {
    return result.operation == "payments.cancelAuthorization" &&
           AgeOfId() > absl::Hours(1);
  }

  std::string ContradictionOfId(const RunResult& result) const {
    if (result.created_id.empty()) return "";
    const auto effects = Effects();
    const bool made = std::any_of(effects.begin(), effects.end(),
                                  [&](const sandbox::LedgerEntry* each) {
                                    return each->resource == result.created_id;
                                  });
    if (!made) return "told an id that was not made";
    const bool valid = !LastEffectCounts(result.operation) ||
                       effects.back()->resource == result.created_id;
    return valid || MayBeOvertaken() ? "" : "told an id that is void";
  }

  // Whether Klarna may come to an attempt behind a later one: it does some long
  // after they were given up, and those of a gateway that died go their way.
  // And a replica answers from its memory though another one was asked since.
  bool MayBeOvertaken() const {
    return !retired_.empty() || asked_elsewhere_ ||
           std::any_of(plan_.faults.begin(), plan_.faults.end(),
                       [](const FaultKind* fault) {
                         return fault->late > absl::ZeroDuration();
                       });
  }

  bool MayStayUnknown(const RunResult& result) {
    if (CannotBeSettled(result.operation) || id_grew_old_) return true;
    // Where a gateway does not know of an attempt before its own, a token that
    // is not found may have been used up by something else.
    if (result.operation == "payments.cancelAuthorization") {
      return asked_elsewhere_;
    }
    // A refusal is not believed behind a lost answer, though the key says that
    // it is the same one.
    return keyed_ && IsRefusedByKlarna();
  }

  const RunPlan& plan_;
  SimulatedGateway gateway_;
  sandbox::World& world_ = gateway_.world;
  testing::ManualExecutor& executor_ = gateway_.executor;
  const RestCall call_;
  const std::optional<RestCall> other_;
  const bool keyed_;
  std::string id_;
  absl::Time id_made_;
  std::unique_ptr<FaultyMemory> memories_[2];
  // Of gateways that died: what they have on the wire still arrives.
  std::vector<std::unique_ptr<FaultyMemory>> retired_;
  bool one_replica_ = false;
  size_t replica_ = 0;  // That the caller asks next.
  // How often each may happen.
  int leaves_ = 3;
  int hurries_ = 3;
  int twins_ = 10;
  int restarts_ = 2;
  int pauses_ = 1;
  int jumps_ = 2;
  int hastes_ = 2;
  int refusals_ = 2;
  // What has happened.
  bool asked_elsewhere_ = false;
  bool skewed_ = false;
  bool id_grew_old_ = false;
  bool nobody_asks_ = false;
  int begun_when_left_ = 0;
  size_t ledger_begin_ = 0;
  std::string contradiction_;
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

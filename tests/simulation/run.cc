// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/run.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "service/auth/shipping_digest.h"
#include "service/auth/uuid.h"
#include "service/gateway/intent_memory.h"
#include "service/gateway/publish.h"
#include "service/gateway/resume_token.h"
#include "service/rest/status_details.h"
#include "service/upstream/client.h"
#include "tests/service/gateway/engine_under_test.h"
#include "tests/service/sandbox/tour.h"
#include "tests/service/sandbox/world.h"
#include "tests/simulation/write_call.h"

namespace klarna::simulation {
namespace {

using gateway::v1::Outcome;
using gateway::v1::Verdict;

constexpr int kMaxCalls = 6;

class SeededRandom final : public runtime::Random {
 public:
  explicit SeededRandom(std::mt19937_64& random) : random_(random) {}
  uint64_t Next() override { return random_(); }

 private:
  std::mt19937_64& random_;
};

class SilentLog final : public observability::Log {
 public:
  bool Enabled(observability::Level) const override { return false; }
  void Write(observability::Level, std::string_view,
             observability::LogFields) override {}
};

// Delegates, with a defect.
class FaultyMemory final : public gateway::IntentMemory {
 public:
  FaultyMemory(const runtime::Clock& clock, MemoryBug bug)
      : memory_(1000, clock), bug_(bug) {}

  gateway::IntentClaim Claim(const gateway::Intent& intent,
                             Waiter waiter) override {
    if (bug_ == MemoryBug::kForgetsAll) {
      return {gateway::IntentClaim::State::kMine, {}};
    }
    gateway::Intent claimed = intent;
    if (bug_ == MemoryBug::kForgetsTheContent) claimed.content_hash.clear();
    gateway::IntentClaim claim = memory_.Claim(claimed, std::move(waiter));
    if (bug_ == MemoryBug::kHasNoDoubt) claim.doubt = false;
    if (bug_ == MemoryBug::kLetsTwoTry &&
        claim.state == gateway::IntentClaim::State::kInFlight) {
      claim.state = gateway::IntentClaim::State::kMine;
    }
    return claim;
  }
  void Settle(const std::string& key, const gateway::IntentRecord& record,
              bool final) override {
    gateway::IntentRecord kept = record;
    if (bug_ == MemoryBug::kReplaysUnknown &&
        kept.outcome.verdict() == gateway::v1::VERDICT_UNKNOWN) {
      kept.outcome.set_verdict(gateway::v1::VERDICT_APPLIED);
      kept.status = absl::OkStatus();
      final = true;
    }
    memory_.Settle(key, kept, final);
  }

 private:
  gateway::LocalIntentMemory memory_;
  const MemoryBug bug_;
};

config::Config MakeConfig() {
  config::Account account;
  account.name = "shop";
  account.merchant_key = "M1";
  account.endpoint = {.base_uri = "https://api.klarna.example",
                      .credentials = std::make_shared<auth::ApiKeyCredentials>(
                          auth::Secret("klarna_test_api_sandbox"))};
  account.domains["shipping_service_callback"] = {
      .base_uri = account.endpoint.base_uri,
      .credentials = std::make_shared<auth::ShippingDigestCredentials>(
          "sandbox", auth::Secret("sandbox-key"))};
  config::Config config;
  config.default_account_name = account.name;
  config.accounts.push_back(std::move(account));
  return config;
}

sandbox::SandboxOptions SmallWorld() {
  sandbox::SandboxOptions options;
  options.payouts = 1;
  options.transactions = 1;
  options.orders = 6;
  options.disputes = 6;
  return options;
}

sandbox::Request WithKey(sandbox::Request request) {
  if (request.Find("Authorization") == nullptr) {
    request.headers.push_back(
        {"Authorization", "Basic klarna_test_api_sandbox"});
  }
  if (!request.body.empty() && request.Find("Content-Type") == nullptr) {
    request.headers.push_back({"Content-Type", "application/json"});
  }
  return request;
}

// Klarna refuses one content everywhere alike, so such a refusal of one attempt
// and a success of another come to one memory.
bool RefusesTheContent(const FaultKind& fault) {
  constexpr int kStatuses[] = {400, 404, 405, 406, 413, 415, 422};
  return std::find(std::begin(kStatuses), std::end(kStatuses), fault.status) !=
         std::end(kStatuses);
}

// The same request with another amount. Nullopt where there is none.
std::optional<sandbox::Request> WithOtherContent(sandbox::Request request) {
  for (const char* amount : {"captured_amount\":", "refunded_amount\":"}) {
    const size_t at = request.body.find(amount);
    if (at == std::string::npos) continue;
    request.body.insert(at + std::string(amount).size(), "1");
    return request;
  }
  return std::nullopt;
}

// The real engine between a caller and a simulated Klarna, on one thread and
// virtual time.
class Simulation {
 public:
  Simulation(const RunPlan& plan, const rest::RouteTable& routes)
      : random_(plan.seed),
        world_(SmallWorld()),
        tour_(world_),
        call_(*ToWriteCall(tour_.requests().at(plan.request), routes)),
        config_(MakeConfig()),
        tokens_({auth::Secret("0123456789abcdef0123456789abcdef")},
                absl::Hours(24), executor_.clock()),
        other_(OtherCall(tour_.requests().at(plan.request), routes)),
        network_(executor_, world_, random_, plan.bugs.network),
        client_(executor_, network_, gate_, seeded_, log_, {.attempts = 3}) {
    for (const FaultKind* fault : plan.faults) {
      // Nobody says 404 of what is there, and after a doubt it means deleted.
      if (fault->status == 404 && call_.route->method == "DELETE") continue;
      network_.Plan(*fault);
      one_replica_ |= RefusesTheContent(*fault);
    }
    for (auto& memory : memories_) {
      memory =
          std::make_unique<FaultyMemory>(executor_.clock(), plan.bugs.memory);
    }
    // A tour's requests build on each other.
    for (size_t i = 0; i < plan.request; ++i) {
      const sandbox::Request& request = tour_.requests()[i];
      if (request.method != "GET") world_.klarna.Handle(WithKey(request));
    }
    ledger_begin_ = world_.klarna.ledger().entries().size();
    executor_.clock().SetWall(world_.clock.WallNow());
  }

  RunResult Run() {
    RunResult result;
    result.operation = call_.sandbox_operation;
    const std::string id = auth::TimeUuid(executor_.clock().WallNow(), seeded_);
    for (Outcome outcome; result.calls < kMaxCalls;) {
      const bool told = Call(call_.Request(id), outcome);
      ++result.calls;
      if (told) result.verdict = outcome.verdict();
      if (told && !WorthAnotherCall(outcome)) break;
      // What RetryInfo asks for. Who was told nothing waits as long.
      executor_.Advance(2 * gateway::kFirstTry);
    }
    SettleTheWorld();
    result.effects = CountEffects();
    result.contradiction = Contradiction(result);
    if (result.contradiction.empty() && other_ &&
        result.verdict == gateway::v1::VERDICT_APPLIED) {
      result.contradiction = AskForOtherContent(id);
    }
    return result;
  }

 private:
  bool Keyed() const {
    return call_.route->idempotency == rest::v1::IDEMPOTENCY_KEYED;
  }
  static std::optional<WriteCall> OtherCall(const sandbox::Request& request,
                                            const rest::RouteTable& routes) {
    const auto other = WithOtherContent(request);
    return other ? ToWriteCall(*other, routes) : std::nullopt;
  }
  bool Chance(uint64_t percent) { return random_() % 100 < percent; }

  gateway::Resources Resources(size_t replica) {
    return {executor_,           client_, config_, tokens_, budget_,
            *memories_[replica], seeded_, log_,    nullptr, nullptr};
  }

  std::shared_ptr<testing::PublishCaller> Begin(const std::string& request,
                                                size_t replica,
                                                const WriteCall& call) {
    auto caller = std::make_shared<testing::PublishCaller>();
    gateway::ServePublish(Resources(replica), *call.method, {}, request,
                          caller);
    return caller;
  }

  // What is still on its way arrives.
  void SettleTheWorld() {
    while (executor_.AdvanceToNextTimer()) {
    }
  }

  // Another content under the same id is swallowed by Klarna and must be told
  // so, wherever it is asked for.
  std::string AskForOtherContent(const std::string& id) {
    executor_.Advance(2 * gateway::kFirstTry);
    const int effects = CountEffects();
    const auto caller = Begin(other_->Request(id), Chance(50) ? 1 : 0, *other_);
    SettleTheWorld();
    if (CountEffects() != effects) return "another content happened as well";
    return caller->finished() && caller->status().ok()
               ? "another content was told APPLIED"
               : "";
  }

  // One call, perhaps with another one beside it. False if its caller left
  // before it was told anything.
  bool Call(const std::string& request, Outcome& outcome) {
    const size_t replica = !one_replica_ && Chance(20) ? 1 : 0;
    auto caller = Begin(request, replica, call_);
    std::shared_ptr<testing::PublishCaller> twin;
    if (Chance(10)) {
      // Two replicas at the same moment know nothing of each other: without a
      // key, only Klarna's own guard of the state would help.
      const bool elsewhere = Keyed() && !one_replica_ && Chance(50);
      twin = Begin(request, elsewhere ? 1 - replica : replica, call_);
    }
    if (leaves_ > 0 && Chance(15)) {
      --leaves_;
      executor_.RunAfter(absl::Milliseconds(random_() % 200),
                         [caller] { caller->Leave(); });
    }
    executor_.RunUntilIdle();
    while (!Done(*caller) || (twin && !Done(*twin))) {
      if (!executor_.AdvanceToNextTimer()) break;
    }
    if (!caller->finished()) return false;
    outcome = OutcomeOf(*caller);
    // The caller hears both, and believes the more certain one.
    if (twin && twin->finished() &&
        Certainty(OutcomeOf(*twin)) > Certainty(outcome)) {
      outcome = OutcomeOf(*twin);
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

  std::mt19937_64 random_;
  SeededRandom seeded_{random_};
  sandbox::World world_;
  sandbox::Tour tour_;
  const WriteCall call_;
  testing::ManualExecutor executor_;
  SilentLog log_;
  const config::Config config_;
  gateway::ResumeTokens tokens_;
  gateway::PageBudget budget_{int64_t{1} << 20};
  const std::optional<WriteCall> other_;
  SimulatedNetwork network_;
  upstream::Gate gate_{config::Limits()};
  upstream::Client client_;
  std::unique_ptr<FaultyMemory> memories_[2];
  bool one_replica_ = false;
  int leaves_ = 3;
  size_t ledger_begin_ = 0;
};

}  // namespace

RunResult Simulate(const RunPlan& plan, const rest::RouteTable& routes) {
  return Simulation(plan, routes).Run();
}

namespace {

std::vector<size_t> RequestsThat(
    const rest::RouteTable& routes,
    const std::function<bool(const WriteCall&)>& wanted) {
  sandbox::World world(SmallWorld());
  const sandbox::Tour tour(world);
  std::vector<size_t> requests;
  for (size_t i = 0; i < tour.requests().size(); ++i) {
    const auto call = ToWriteCall(tour.requests()[i], routes);
    if (call && wanted(*call)) requests.push_back(i);
  }
  return requests;
}

}  // namespace

std::vector<size_t> WriteRequests(const rest::RouteTable& routes) {
  return RequestsThat(routes, [](const WriteCall&) { return true; });
}

std::vector<size_t> KeyedWriteRequests(const rest::RouteTable& routes) {
  return RequestsThat(routes, [](const WriteCall& call) {
    return call.route->idempotency == rest::v1::IDEMPOTENCY_KEYED;
  });
}

}  // namespace klarna::simulation

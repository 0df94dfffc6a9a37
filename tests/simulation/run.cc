// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/run.h"

#include <algorithm>
#include <memory>
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
    return memory_.Claim(claimed, std::move(waiter));
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
        network_(executor_, world_.klarna, random_, plan.bugs.network),
        client_(executor_, network_, gate_, seeded_, log_, {.attempts = 3}) {
    for (const FaultKind* fault : plan.faults) {
      // Nobody says 404 of what is there, and after a doubt it means deleted.
      if (fault->status == 404 && call_.route->method == "DELETE") continue;
      network_.Plan(*fault);
      // Klarna refuses one change everywhere alike, so a refusal of one attempt
      // and a success of another come to one memory.
      one_replica_ |= fault->status >= 400 && fault->status < 500;
    }
    for (auto& memory : memories_) {
      memory =
          std::make_unique<FaultyMemory>(executor_.clock(), plan.bugs.memory);
    }
    // A tour's requests build on each other.
    for (size_t i = 0; i < plan.request; ++i) {
      world_.klarna.Handle(WithKey(tour_.requests()[i]));
    }
    ledger_begin_ = world_.klarna.ledger().entries().size();
  }

  RunResult Run() {
    RunResult result;
    result.operation = call_.sandbox_operation;
    const std::string request =
        call_.Request(auth::TimeUuid(executor_.clock().WallNow(), seeded_));
    for (Outcome outcome; result.calls < kMaxCalls;) {
      const bool told = Call(request, outcome);
      ++result.calls;
      if (!told) continue;
      result.verdict = outcome.verdict();
      if (!WorthAnotherCall(outcome)) break;
    }
    // What is still on its way arrives.
    while (executor_.AdvanceToNextTimer()) {
    }
    result.effects = CountEffects();
    result.contradiction = Contradiction(result);
    return result;
  }

 private:
  bool Keyed() const {
    return call_.route->idempotency == rest::v1::IDEMPOTENCY_KEYED;
  }
  bool RepeatIsHarmless() const {
    return Keyed() ||
           call_.route->idempotency == rest::v1::IDEMPOTENCY_ABSOLUTE;
  }
  bool Chance(uint64_t percent) { return random_() % 100 < percent; }

  gateway::Resources Resources(size_t replica) {
    return {executor_,           client_, config_, tokens_, budget_,
            *memories_[replica], seeded_, log_,    nullptr, nullptr};
  }

  std::shared_ptr<testing::PublishCaller> Begin(const std::string& request,
                                                size_t replica) {
    auto caller = std::make_shared<testing::PublishCaller>();
    gateway::ServePublish(Resources(replica), *call_.method, {}, request,
                          caller);
    return caller;
  }

  // One call, perhaps with another one beside it. False if its caller left
  // before it was told anything.
  bool Call(const std::string& request, Outcome& outcome) {
    // Another replica knows nothing of the intent: only a key helps there.
    const size_t replica = Keyed() && !one_replica_ && Chance(20) ? 1 : 0;
    auto caller = Begin(request, replica);
    std::shared_ptr<testing::PublishCaller> twin;
    if (Chance(10)) {
      const bool elsewhere = Keyed() && !one_replica_ && Chance(50);
      twin = Begin(request, elsewhere ? 1 : replica);
    }
    if (Chance(15)) {
      executor_.RunAfter(absl::Milliseconds(random_() % 200),
                         [caller] { caller->Leave(); });
    }
    executor_.RunUntilIdle();
    while (!Done(*caller) || (twin && !Done(*twin))) {
      if (!executor_.AdvanceToNextTimer()) break;
    }
    if (!caller->finished()) return false;
    outcome = OutcomeOf(*caller);
    return true;
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
        return RepeatIsHarmless();
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
  SimulatedNetwork network_;
  upstream::Gate gate_{config::Limits()};
  upstream::Client client_;
  std::unique_ptr<FaultyMemory> memories_[2];
  bool one_replica_ = false;
  size_t ledger_begin_ = 0;
};

}  // namespace

RunResult Simulate(const RunPlan& plan, const rest::RouteTable& routes) {
  return Simulation(plan, routes).Run();
}

std::vector<size_t> WriteRequests(const rest::RouteTable& routes) {
  sandbox::World world(SmallWorld());
  const sandbox::Tour tour(world);
  std::vector<size_t> writes;
  for (size_t i = 0; i < tour.requests().size(); ++i) {
    if (ToWriteCall(tour.requests()[i], routes)) writes.push_back(i);
  }
  return writes;
}

}  // namespace klarna::simulation

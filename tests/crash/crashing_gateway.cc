// SPDX-License-Identifier: Apache-2.0
//
// The gateway, put together as in service/main.cc, that kills itself at a point
// of the first change it is asked for:
//
//   crashing_gateway gateway.yaml POINT [MICROSECONDS]
//
// The points are those of crash_point.h. MICROSECONDS go by between the point
// and the end.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "service/auth/file_reader.h"
#include "service/cli/commands.h"
#include "service/config/load_config.h"
#include "service/gateway/intent_memory.h"
#include "service/http/system_resolver.h"
#include "service/observability/log.h"
#include "service/rpc/server.h"
#include "service/runtime/system_clock.h"
#include "service/upstream/gate.h"
#include "tests/crash/crash_point.h"

namespace klarna::crash {
namespace {

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
  std::exit(1);
}

class Fate {
 public:
  Fate(std::string_view point, absl::Duration delay)
      : point_(point), delay_(delay) {}

  void Reach(std::string_view point) const {
    if (point != point_) return;
    if (delay_ == absl::ZeroDuration()) Die();
    // The gateway goes on meanwhile.
    std::thread([this] {
      absl::SleepFor(delay_);
      Die();
    }).detach();
  }

 private:
  static void Die() { kill(getpid(), SIGKILL); }

  const std::string_view point_;
  const absl::Duration delay_;
};

class FatedMemory final : public gateway::IntentMemory {
 public:
  FatedMemory(const runtime::Clock& clock, const Fate& fate)
      : memory_(1000, clock, absl::ZeroDuration()), fate_(fate) {}

  bool MayKnow(absl::string_view request_id,
               absl::Time first_attempt) override {
    return memory_.MayKnow(request_id, first_attempt);
  }
  runtime::Task<gateway::IntentClaim> Claim(
      const gateway::Intent& intent, runtime::Executor& executor) override {
    gateway::IntentClaim claim = co_await memory_.Claim(intent, executor);
    fate_.Reach(kClaimed);
    co_return claim;
  }
  runtime::Task<void> Settle(const std::string& key,
                             const gateway::IntentRecord& record,
                             bool final) override {
    fate_.Reach(kBeforeSettled);
    co_await memory_.Settle(key, record, final);
    fate_.Reach(kSettled);
  }

 private:
  gateway::LocalIntentMemory memory_;
  const Fate& fate_;
};

// Two of the gateway's lines mark points of a change.
class FatedLog final : public observability::Log {
 public:
  explicit FatedLog(const Fate& fate) : fate_(fate) {}

  bool Enabled(observability::Level level) const override {
    return level >= observability::Level::kInfo;
  }
  void Write(observability::Level, std::string_view message,
             observability::LogFields) override {
    if (message == "upstream request") fate_.Reach(kAnswered);
    if (message == "call finished") fate_.Reach(kReplying);
  }

 private:
  const Fate& fate_;
};

void Serve(const std::string& config_file, const Fate& fate) {
  runtime::SystemClock clock;
  runtime::SystemRandom random;
  config::Config config =
      OrDie(config::LoadConfig({.file = config_file}, auth::SystemFileReader(),
                               cli::LookUpEnvironment))
          .config;
  config.listen = "127.0.0.1:0";
  const auto routes = OrDie(rest::RouteTable::Compile(rest::LinkedServices()));
  http::SystemResolver resolver(clock, &http::SystemResolver::GetAddrInfo);
  gateway::PageBudget budget(config.limits.page_budget_bytes);
  FatedMemory intents(clock, fate);
  upstream::Gate gate(config.limits);
  FatedLog log(fate);
  const auto server = OrDie(rpc::Server::Start(
      *routes, {gateway::MakeSnapshot(config, clock, nullptr), budget, intents,
                gate, log, clock, random, resolver}));
  std::printf("port %d\n", server->port());
  std::fflush(stdout);
  pause();
}

}  // namespace
}  // namespace klarna::crash

int main(int argc, char** argv) {
  if (argc < 3) return 1;
  const klarna::crash::Fate fate(
      argv[2], absl::Microseconds(argc > 3 ? std::atoi(argv[3]) : 0));
  klarna::crash::Serve(argv[1], fate);
}

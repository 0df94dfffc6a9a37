// SPDX-License-Identifier: Apache-2.0
//
// klarna-gateway: reads its configuration, wires the parts together, serves
// until SIGTERM or SIGINT.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "service/auth/file_reader.h"
#include "service/config/config.h"
#include "service/config/load_config.h"
#include "service/gateway/intent_memory.h"
#include "service/gateway/page_window.h"
#include "service/gateway/resume_token.h"
#include "service/http/system_resolver.h"
#include "service/observability/json_log.h"
#include "service/rest/route.h"
#include "service/rpc/server.h"
#include "service/runtime/system_clock.h"
#include "service/sandbox/sandbox_server.h"

namespace klarna {
namespace {

// About 300 bytes each.
constexpr size_t kIntentCapacity = 1'000'000;

struct Flags {
  std::string config_file;
  std::string listen;
  bool sandbox = false;
  sandbox::SandboxOptions sandbox_options;
  int sandbox_latency_ms = 0;
};

// Signals must be blocked before the first thread exists, so that all of them
// end up in sigwait.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

int WaitForSignal(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
  return signal;
}

// Also over when another signal comes.
void WaitForSignal(const sigset_t& signals, absl::Duration patience) {
  const timespec limit = absl::ToTimespec(patience);
  sigtimedwait(&signals, nullptr, &limit);
}

// Ends the process when a stop takes too long: better than to be killed without
// a word.
class Watchdog {
 public:
  Watchdog(absl::Duration patience, observability::Log& log)
      : thread_([this, patience, &log] {
          std::unique_lock<std::mutex> lock(mutex_);
          const bool stopped =
              done_.wait_for(lock, absl::ToChronoMilliseconds(patience),
                             [this] { return stopped_; });
          if (stopped) return;
          log.Error(
              "stopped with changes on the wire: their outcome is "
              "unknown; a resend with the same request_id settles it");
          _exit(1);
        }) {}
  ~Watchdog() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopped_ = true;
    }
    done_.notify_all();
    thread_.join();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  bool stopped_ = false;
  std::thread thread_;  // Last: it uses the others.
};

// Kubernetes kills after 30 seconds, drain_wait included.
constexpr absl::Duration kStreamsEnd = absl::Seconds(7);
constexpr absl::Duration kCallsEnd = absl::Seconds(20);
constexpr absl::Duration kProcessEnds = absl::Seconds(22);

std::optional<std::string> LookUpEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

absl::StatusOr<std::unique_ptr<sandbox::SandboxServer>> StartSandbox(
    Flags& flags, const runtime::Clock& clock) {
  flags.sandbox_options.latency = absl::Milliseconds(flags.sandbox_latency_ms);
  flags.sandbox_options.control = true;
  return sandbox::SandboxServer::Start(flags.sandbox_options, /*port=*/0,
                                       clock);
}

absl::StatusOr<config::Config> MakeConfig(const Flags& flags,
                                          const sandbox::SandboxServer* sandbox,
                                          runtime::Random& random) {
  absl::StatusOr<config::Config> config =
      sandbox ? config::SandboxConfig(sandbox->port(), random)
              : config::LoadConfig(flags.config_file, auth::SystemFileReader(),
                                   LookUpEnvironment);
  if (config.ok() && !flags.listen.empty()) config->listen = flags.listen;
  return config;
}

absl::Status Serve(Flags& flags, const sigset_t& signals) {
  runtime::SystemClock clock;
  runtime::SystemRandom random;
  std::unique_ptr<sandbox::SandboxServer> sandbox;
  if (flags.sandbox) {
    auto started = StartSandbox(flags, clock);
    if (!started.ok()) return started.status();
    sandbox = *std::move(started);
  }
  absl::StatusOr<config::Config> config =
      MakeConfig(flags, sandbox.get(), random);
  if (!config.ok()) return config.status();
  auto routes = rest::RouteTable::Compile(rest::LinkedServices());
  if (!routes.ok()) return routes.status();

  observability::JsonLog log(clock, config->log_level,
                             observability::DescriptorSink(STDERR_FILENO));
  http::SystemResolver resolver(clock, &http::SystemResolver::GetAddrInfo);
  const gateway::ResumeTokens tokens(config->resume_tokens.secrets,
                                     config->resume_tokens.lifetime, clock);
  gateway::PageBudget budget(config->limits.page_budget_bytes);
  gateway::LocalIntentMemory intents(kIntentCapacity, clock);
  auto server = rpc::Server::Start(**routes, {*config, tokens, budget, intents,
                                              log, clock, random, resolver});
  if (!server.ok()) return server.status();
  if (sandbox) {
    log.Info("sandbox listening",
             {{"url", absl::StrCat("http://127.0.0.1:", sandbox->port())}});
  }
  log.Info("listening", {{"address", config->listen},
                         {"port", (*server)->port()},
                         {"accounts", config->accounts.size()}});
  const int signal = WaitForSignal(signals);
  log.Info("stopping", {{"signal", signal}});
  (*server)->StopBeingReady();
  WaitForSignal(signals, config->drain_wait);
  {
    const Watchdog watchdog(kProcessEnds, log);
    (*server)->Shutdown(kStreamsEnd, kCallsEnd);
  }
  log.Info("stopped");
  return absl::OkStatus();
}

void AddFlags(CLI::App& app, Flags& flags) {
  auto* config =
      app.add_option("--config", flags.config_file, "YAML configuration file");
  auto* sandbox =
      app.add_flag("--sandbox", flags.sandbox,
                   "serve a simulated Klarna of its own; needs no credentials");
  config->excludes(sandbox);
  app.add_option("--listen", flags.listen,
                 "address and port of the gRPC server, such as 0.0.0.0:50051");
  app.add_option("--sandbox-transactions", flags.sandbox_options.transactions,
                 "transactions of the sandbox's first payout")
      ->check(CLI::Range(0, 10'000'000));
  app.add_option("--sandbox-latency-ms", flags.sandbox_latency_ms,
                 "what the sandbox waits before it answers")
      ->check(CLI::Range(0, 60'000));
}

}  // namespace
}  // namespace klarna

int main(int argc, char** argv) {
  // Debian builds Abseil with the detector on: it costs 9 % of a call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const sigset_t signals = klarna::BlockSignals();
  CLI::App app("klarna-gateway: Klarna's merchant APIs as gRPC services");
  klarna::Flags flags;
  klarna::AddFlags(app, flags);
  CLI11_PARSE(app, argc, argv);
  if (!flags.sandbox && flags.config_file.empty()) {
    std::cerr << "klarna-gateway: give --config FILE, or --sandbox to try it "
                 "without credentials\n";
    return 2;
  }
  const absl::Status status = klarna::Serve(flags, signals);
  if (!status.ok()) {
    std::cerr << "klarna-gateway: " << status.message() << "\n";
    return 1;
  }
  return 0;
}

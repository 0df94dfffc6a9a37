// SPDX-License-Identifier: Apache-2.0
//
// klarna-gateway: reads its configuration, wires the parts together, serves
// until SIGTERM or SIGINT.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <iostream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "service/auth/file_reader.h"
#include "service/cli/command_line.h"
#include "service/cli/commands.h"
#include "service/config/config.h"
#include "service/config/load_config.h"
#include "service/config/reloader.h"
#include "service/config/sandbox_config.h"
#include "service/gateway/call.h"
#include "service/gateway/intent_memory.h"
#include "service/gateway/page_window.h"
#include "service/http/system_resolver.h"
#include "service/observability/json_log.h"
#include "service/rest/route.h"
#include "service/rpc/server.h"
#include "service/runtime/event_loop.h"
#include "service/runtime/memory_return.h"
#include "service/runtime/system_clock.h"
#include "service/sandbox/sandbox_server.h"
#include "service/transform/try_out.h"
#include "service/transform/worker.h"
#include "service/transform/worker_pool.h"
#include "service/upstream/gate.h"

namespace klarna {
namespace {

// About 420 bytes each.
constexpr size_t kIntentCapacity = 500'000;

// The secrets are in memory: no core dump of it is written, and only root looks
// into it from outside.
void HideMemory() {
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// Signals must be blocked before the first thread exists, so that all of them
// end up in sigwait.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// Also over when another signal comes that ends the program.
void WaitForAnotherSignal(absl::Duration patience) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  const timespec limit = absl::ToTimespec(patience);
  sigtimedwait(&signals, nullptr, &limit);
}

// Ends the process when a stop takes too long: better than to be killed without
// a word.
class Watchdog {
 public:
  Watchdog(absl::Duration patience, observability::JsonLog& log)
      : thread_([this, patience, &log] {
          std::unique_lock<std::mutex> lock(mutex_);
          const bool stopped =
              done_.wait_for(lock, absl::ToChronoMilliseconds(patience),
                             [this] { return stopped_; });
          if (stopped) return;
          log.Error(
              "stopped with changes on the wire: their outcome is "
              "unknown; a resend with the same request_id settles it");
          log.Flush(absl::Milliseconds(200));
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
constexpr absl::Duration kProcessEnds = absl::Milliseconds(21'500);

absl::StatusOr<std::unique_ptr<sandbox::SandboxServer>> StartSandbox(
    sandbox::SandboxOptions options, const runtime::Clock& clock) {
  options.control = true;
  return sandbox::SandboxServer::Start(options, /*port=*/0, clock);
}

config::Reloader::Load Loader(const cli::CommandLine& line,
                              const sandbox::SandboxServer* sandbox,
                              runtime::Random& random) {
  if (sandbox == nullptr) {
    return [&line](const auth::FileReader& files) {
      return config::LoadConfig(line.sources, files, cli::LookUpEnvironment);
    };
  }
  return [&line, port = sandbox->port(),
          token_secret =
              config::MakeTokenSecret(random)](const auth::FileReader& files) {
    return config::LoadSandboxConfig(line.sources, port, token_secret, files);
  };
}

// Makes the snapshots of one configuration after the other. Transformers that
// stay the same keep their workers.
class Snapshots {
 public:
  Snapshots(const runtime::Clock& clock, observability::Log& log)
      : clock_(clock), log_(log) {}

  // INVALID_ARGUMENT: a transformer that does not compile.
  absl::StatusOr<std::shared_ptr<const gateway::Snapshot>> Make(
      const config::Config& config) {
    if (!pool_ || programs_ != config.transformers) {
      auto pool =
          transform::WorkerPool::Start(config.transformers, clock_, log_);
      if (!pool.ok()) return pool.status();
      pool_ = *std::move(pool);
      programs_ = config.transformers;
    }
    return gateway::MakeSnapshot(config, clock_, pool_);
  }

 private:
  const runtime::Clock& clock_;
  observability::Log& log_;
  std::vector<config::Transformer> programs_;
  std::shared_ptr<transform::Transformers> pool_;
};

// Until one that ends the program; SIGHUP reloads.
int WaitForEnd(const sigset_t& signals, runtime::Executor& executor,
               config::Reloader& reloader) {
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) return signal;
    executor.Post([&reloader] { reloader.Reload(); });
  }
}

absl::Status Serve(const cli::CommandLine& line, const sigset_t& signals) {
  runtime::SystemClock clock;
  runtime::SystemRandom random;
  std::unique_ptr<sandbox::SandboxServer> sandbox;
  if (line.sandbox) {
    auto started = StartSandbox(line.sandbox_options, clock);
    if (!started.ok()) return started.status();
    sandbox = *std::move(started);
  }
  auto housekeeping = runtime::EventLoop::Create(clock);
  if (!housekeeping.ok()) return housekeeping.status();
  observability::JsonLog log(clock, observability::Level::kInfo,
                             observability::DescriptorSink(STDERR_FILENO));
  const auth::SystemFileReader files;
  config::Reloader reloader(**housekeeping, files,
                            Loader(line, sandbox.get(), random), log);
  if (auto status = reloader.LoadFirst(); !status.ok()) return status;
  const config::Config& config = reloader.current();  // Until it is watched.
  log.set_level(config.log_level);
  auto routes = rest::RouteTable::Compile(rest::LinkedServices());
  if (!routes.ok()) return routes.status();

  http::SystemResolver resolver(clock, &http::SystemResolver::GetAddrInfo);
  gateway::PageBudget budget(config.limits.page_budget_bytes);
  // What the simulated Klarna did ends with the process.
  gateway::LocalIntentMemory intents(
      kIntentCapacity, clock,
      sandbox == nullptr ? gateway::kFirstTry : absl::ZeroDuration());
  upstream::Gate gate(config.limits);
  Snapshots snapshots(clock, log);
  auto first = snapshots.Make(config);
  if (!first.ok()) return first.status();
  auto server = rpc::Server::Start(
      **routes, {*first, budget, intents, gate, log, clock, random, resolver});
  if (!server.ok()) return server.status();
  reloader.Start([&](const config::Config& changed) {
    auto next = snapshots.Make(changed);
    if (!next.ok()) {
      log.Error("the changed configuration is not taken over",
                {{"problem", next.status().message()}});
      return;
    }
    log.set_level(changed.log_level);
    budget.set_limit(changed.limits.page_budget_bytes);
    gate.Use(changed.limits);
    (*server)->Use(*std::move(next));
  });
  if (sandbox) {
    log.Info("sandbox listening",
             {{"url", absl::StrCat("http://127.0.0.1:", sandbox->port())}});
  }
  log.Info("listening", {{"address", config.listen},
                         {"port", (*server)->port()},
                         {"accounts", config.accounts.size()}});
  runtime::MemoryReturn memory_return(
      **housekeeping, [&] { return (*server)->streams(); },
      &runtime::ReturnFreedMemory);
  (*housekeeping)->Start();
  const int signal = WaitForEnd(signals, **housekeeping, reloader);
  (*housekeeping)->Stop();
  log.Info("stopping", {{"signal", signal}});
  (*server)->StopBeingReady();
  WaitForAnotherSignal(reloader.current().drain_wait);
  {
    const Watchdog watchdog(kProcessEnds, log);
    (*server)->Shutdown(kStreamsEnd, kCallsEnd);
  }
  log.Info("stopped");
  return absl::OkStatus();
}

// Runs a transformer over the call on the standard input.
absl::StatusOr<std::string> Transform(const cli::CommandLine& line) {
  const auto loaded = config::LoadConfig(line.sources, auth::SystemFileReader(),
                                         cli::LookUpEnvironment);
  if (!loaded.ok()) return loaded.status();
  const std::string input(std::istreambuf_iterator<char>(std::cin), {});
  absl::StatusOr<std::string> output =
      transform::TryOut(loaded->config.transformers, line.transformer, input,
                        runtime::SystemClock());
  if (output.ok()) *output += "\n";
  return output;
}

}  // namespace
}  // namespace klarna

int main(int argc, char** argv) {
  if (argc == 2 &&
      std::string_view(argv[1]) == klarna::transform::kWorkerArgument) {
    return klarna::transform::RunWorker();
  }
  klarna::HideMemory();
  // Debian builds Abseil with the detector on: it costs 9 % of a call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const sigset_t signals = klarna::BlockSignals();
  const auto parsed = klarna::cli::ParseCommandLine(argc, argv, environ);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const auto& line = std::get<klarna::cli::CommandLine>(parsed);
  absl::Status status;
  if (line.command == klarna::cli::Command::kServe) {
    status = klarna::Serve(line, signals);
  } else {
    const auto text =
        line.command == klarna::cli::Command::kTransform
            ? klarna::Transform(line)
            : klarna::cli::RunCommand(line, klarna::auth::SystemFileReader(),
                                      klarna::cli::LookUpEnvironment);
    if (text.ok()) std::cout << *text;
    status = text.status();
  }
  if (!status.ok()) {
    std::cerr << "klarna-gateway: " << status.message() << "\n";
    if (line.sources.file.empty() && !line.sandbox) {
      std::cerr << "No file was given: give --config FILE, or --sandbox to try "
                   "it without credentials\n";
    }
    return 1;
  }
  return 0;
}

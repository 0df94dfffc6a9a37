// SPDX-License-Identifier: Apache-2.0
// klarna-sandbox: the simulated Klarna as a program.
#include <csignal>
#include <cstdint>
#include <iostream>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/time/time.h"
#include "service/runtime/system_clock.h"
#include "service/sandbox/klarna.h"
#include "service/sandbox/sandbox_server.h"

ABSL_FLAG(uint16_t, port, 8080, "TCP port on 127.0.0.1; 0: any free one.");
ABSL_FLAG(uint64_t, seed, 1, "Which world it is: the same seed, the same ids.");
ABSL_FLAG(int, payouts, 3, "Number of payouts.");
ABSL_FLAG(int, transactions, 2000, "Transactions of the first payout.");
ABSL_FLAG(int, orders, 25, "Number of orders, half of them not settled yet.");
ABSL_FLAG(int, disputes, 12, "Number of disputes.");
ABSL_FLAG(int, latency_ms, 0, "To wait before each answer.");
ABSL_FLAG(int, page_cap, 0, "Longest page, whatever is asked; 0: no cap.");
ABSL_FLAG(std::string, user, "sandbox", "User of the basic credentials.");
ABSL_FLAG(std::string, password, "sandbox", "Password of these credentials.");
ABSL_FLAG(std::string, api_key, "klarna_test_api_sandbox",
          "The key accepted instead of user and password.");
ABSL_FLAG(std::string, rate_limits, "off", "off, playground or live.");
ABSL_FLAG(int, read_lag_ms, 0,
          "How far reads of orders, captures and refunds lag behind changes.");
ABSL_FLAG(
    bool, placed_token_is_unknown, false,
    "Answer 404 to an order that is placed a second time with its token.");
ABSL_FLAG(bool, busy_key_conflicts, false,
          "Answer 409 to a key whose first request is under way: needs "
          "--latency_ms.");
ABSL_FLAG(bool, rate_limited_is_executed, false,
          "Execute what is answered 429: needs --rate_limits.");
ABSL_FLAG(bool, control, true, "Serve /sandbox/...: shoppers, faults, ledger.");
ABSL_FLAG(bool, list, false, "Print some ids that are there, and stop.");

namespace {

using klarna::sandbox::RateLimits;

bool ReadRateLimits(const std::string& text, RateLimits* limits) {
  if (text == "off") *limits = RateLimits::kOff;
  if (text == "playground") *limits = RateLimits::kPlayground;
  if (text == "live") *limits = RateLimits::kLive;
  return text == "off" || text == "playground" || text == "live";
}

int WaitForSignal(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
  return signal;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "A simulated Klarna on 127.0.0.1, with seeded data. Try:\n"
      "  klarna-sandbox --transactions=100000\n"
      "  curl -u sandbox:sandbox http://127.0.0.1:8080/settlements/v1/payouts");
  absl::ParseCommandLine(argc, argv);
  klarna::sandbox::SandboxOptions options{
      .seed = absl::GetFlag(FLAGS_seed),
      .payouts = absl::GetFlag(FLAGS_payouts),
      .transactions = absl::GetFlag(FLAGS_transactions),
      .orders = absl::GetFlag(FLAGS_orders),
      .disputes = absl::GetFlag(FLAGS_disputes),
      .page_cap = absl::GetFlag(FLAGS_page_cap),
      .latency = absl::Milliseconds(absl::GetFlag(FLAGS_latency_ms)),
      .open_questions = {.read_lag = absl::Milliseconds(
                             absl::GetFlag(FLAGS_read_lag_ms)),
                         .placed_token_is_unknown =
                             absl::GetFlag(FLAGS_placed_token_is_unknown),
                         .busy_key_conflicts =
                             absl::GetFlag(FLAGS_busy_key_conflicts),
                         .rate_limited_is_executed =
                             absl::GetFlag(FLAGS_rate_limited_is_executed)},
      .user = absl::GetFlag(FLAGS_user),
      .password = absl::GetFlag(FLAGS_password),
      .api_key = absl::GetFlag(FLAGS_api_key),
      .control = absl::GetFlag(FLAGS_control)};
  if (!ReadRateLimits(absl::GetFlag(FLAGS_rate_limits), &options.rate_limits)) {
    std::cerr << "--rate_limits is off, playground or live\n";
    return 2;
  }
  const klarna::runtime::SystemClock clock;
  if (absl::GetFlag(FLAGS_list)) {
    const klarna::sandbox::Klarna klarna(options, clock);
    for (const auto& known : klarna.WellKnownIds()) {
      std::cout << known.id << "  " << known.name << "\n";
    }
    return 0;
  }

  // Blocked before the server's thread starts, which inherits it.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const auto sandbox = klarna::sandbox::SandboxServer::Start(
      options, absl::GetFlag(FLAGS_port), clock);
  if (!sandbox.ok()) {
    std::cerr << sandbox.status().message() << "\n";
    return 1;
  }
  std::cout << "klarna-sandbox listens on " << (*sandbox)->url() << std::endl;
  WaitForSignal(signals);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <random>

#include "service/http/transport.h"
#include "service/runtime/executor.h"
#include "tests/service/sandbox/world.h"
#include "tests/simulation/fault_kind.h"

namespace klarna::simulation {

// Defects that can be planted into the network, as bugs of the layers below the
// engine would show: the simulation must find each of them.
enum class NetworkBug {
  kNone,
  kKeyIsLost,           // The idempotency key never reaches Klarna.
  kKeyChanges,          // Each attempt has another one.
  kResendsByItself,     // A broken mutation is sent once more, as libcurl does.
  kSentCountsAsUnsent,  // A break after the first byte is taken for one before.
  kBreakCountsAsEmpty200,  // A lost answer is taken for a success.
  kServerErrorIsRefusal,   // 5xx is reported as 4xx.
  kRefusalCountsAsDone,    // 4xx is reported as 204.
  kBreakCountsAsEnd,       // What came of a broken body is taken for all of it.
  kSkipsAnEntity,          // A list is asked for at another offset.
};

// The way from the engine to a simulated Klarna, on virtual time: requests take
// a while, attempts at changes meet the faults that were planned for them, and
// some reads meet one, too.
// A request that is on its way arrives though its sender has given up.
class SimulatedNetwork final : public http::HttpTransport {
 public:
  SimulatedNetwork(runtime::Executor& executor, sandbox::World& world,
                   std::mt19937_64& random, NetworkBug bug)
      : executor_(executor),
        world_(world),
        random_(random),
        bug_(bug),
        began_(world.clock.WallNow() - executor.clock().Now()) {}

  // The fault of the next attempt at a change that has none yet.
  void Plan(const FaultKind& fault) { changes_.push_back(&fault); }
  // The fault of the next read that has none yet. From then on reads meet no
  // others.
  void PlanRead(const FaultKind& fault) {
    reads_.push_back(&fault);
    reads_are_planned_ = true;
  }

  // From now on nothing fails any more.
  void Heal() {
    changes_.clear();
    reads_.clear();
    reads_are_planned_ = true;
  }

  // The time in the world, whatever the gateway's wall clock shows.
  absl::Time TrueTime() const { return began_ + executor_.clock().Now(); }

  // How many attempts at changes have begun, and when the last one did.
  int changes_begun() const { return changes_begun_; }
  runtime::Instant last_change_begun() const { return last_change_begun_; }

  std::unique_ptr<http::Transfer> Start(http::HttpRequest request,
                                        http::ResponseSink& sink) override;

 private:
  struct Link;
  class SimulatedTransfer;

  absl::Duration Latency();
  const FaultKind& NextFault(const http::HttpRequest& request);
  const FaultKind& ReadFault();
  http::HttpRequest Sabotage(http::HttpRequest request);
  void Send(const http::HttpRequest& request, const FaultKind& fault,
            const std::shared_ptr<Link>& link);
  void Arrive(const http::HttpRequest& request, const FaultKind& fault,
              const std::shared_ptr<Link>& link);
  sandbox::Answer Execute(const http::HttpRequest& request);

  runtime::Executor& executor_;
  sandbox::World& world_;
  std::mt19937_64& random_;
  const NetworkBug bug_;
  const absl::Time began_;
  std::deque<const FaultKind*> changes_;
  std::deque<const FaultKind*> reads_;
  bool reads_are_planned_ = false;
  int changes_begun_ = 0;
  runtime::Instant last_change_begun_ = -absl::InfiniteDuration();
};

}  // namespace klarna::simulation

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "service/config/config.h"
#include "service/runtime/executor.h"
#include "service/runtime/task.h"
#include "service/upstream/call_target.h"
#include "service/upstream/circuit_breaker.h"
#include "service/upstream/concurrency_limit.h"
#include "service/upstream/exchange.h"
#include "service/upstream/quota.h"

namespace klarna::upstream {

enum class CallKind { kRead, kChange };

// Every request to an upstream goes through here, retries too, and is held back
// where it would do harm or no good:
//
//   absl::StatusOr<Gate::Pass> pass =
//       co_await gate.Enter(executor, target, CallKind::kRead);
//   if (!pass.ok()) co_return pass.status();  // Nothing was sent.
//   ...send...
//   pass->Heard(answer);
//
// What counts is shared by all executors, because what it protects is: the
// quota and the concurrency limit of a merchant at a host, and the breaker of
// an account and domain. Each is touched for a moment under one lock; who waits
// does so on its own executor, without it. Thread-safe. Refused are
//
//   DEADLINE_EXCEEDED, reason DEADLINE: a read that has less time left than the
//     fastest answer took, a change behind CallTarget::begin_before
//   UNAVAILABLE, reason BREAKER_OPEN: the domain fails for this account
//   RESOURCE_EXHAUSTED, reason QUOTA_EXHAUSTED: its turn would come too late
//   RESOURCE_EXHAUSTED, reason OVERLOADED: the upstream takes no more, and the
//     call has not begun; one that has begun waits
//   UNAVAILABLE, reason NOT_SENT: its caller left while it waited
//
// those between the first and the last with RetryInfo.
class Gate {
 private:
  struct Merchant;

 public:
  // One request that may be sent. Ends with its answer, or unheard where the
  // request was given up.
  class Pass {
   public:
    Pass(Pass&& other) noexcept;
    Pass& operator=(Pass&&) = delete;
    ~Pass();

    // What came back: the whole answer, or its head at least. Once.
    void Heard(const Answer& answer);

   private:
    friend class Gate;
    Pass(Gate& gate, const CallTarget& target,
         std::shared_ptr<Merchant> merchant,
         std::shared_ptr<CircuitBreaker> breaker,
         CircuitBreaker::Admission admission, const runtime::Clock& clock);

    Gate* gate_;
    const rest::Route& route_;
    std::shared_ptr<Merchant> merchant_;
    std::shared_ptr<CircuitBreaker> breaker_;
    CircuitBreaker::Admission admission_;
    const runtime::Clock& clock_;
    runtime::Instant began_;
  };

  explicit Gate(const config::Limits& limits) : limits_(limits) {}

  // For all calls from now on.
  void Use(const config::Limits& limits);

  runtime::Task<absl::StatusOr<Pass>> Enter(runtime::Executor& executor,
                                            const CallTarget& target,
                                            CallKind kind);

 private:
  class Turn;

  std::shared_ptr<Merchant> MerchantOf(const CallTarget& target)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::shared_ptr<CircuitBreaker> BreakerOf(const CallTarget& target)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // When the request has to be sent at the latest to be of use.
  static runtime::Instant LatestStart(const CallTarget& target, CallKind kind,
                                      const Merchant& merchant,
                                      runtime::Instant now);
  // Waits for the end of `wait`, or of what it becomes.
  runtime::Task<absl::Status> AwaitTurn(runtime::Executor& executor,
                                        const CallTarget& target, Turn& turn,
                                        absl::Duration wait,
                                        runtime::Instant latest);
  // Whether there is room for one more, which then has begun unless the breaker
  // refuses it.
  bool Begin(CallKind kind, Merchant& merchant, CircuitBreaker& breaker,
             runtime::Instant now, CircuitBreaker::Admission& admission);

  std::mutex mutex_;
  config::Limits limits_ ABSL_GUARDED_BY(mutex_);
  // By merchant key and base URI.
  std::map<std::string, std::shared_ptr<Merchant>> merchants_
      ABSL_GUARDED_BY(mutex_);
  // By account and domain.
  std::map<std::string, std::shared_ptr<CircuitBreaker>> breakers_
      ABSL_GUARDED_BY(mutex_);
};

// UNAVAILABLE, reason NOT_SENT: nothing is sent for a caller that has left.
absl::Status CallerLeft(const CallTarget& target);

}  // namespace klarna::upstream

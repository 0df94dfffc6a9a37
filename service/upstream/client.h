// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/config/config.h"
#include "service/http/transport.h"
#include "service/observability/log.h"
#include "service/rest/klarna_error.h"
#include "service/rest/request_binder.h"
#include "service/rest/route.h"
#include "service/runtime/executor.h"
#include "service/runtime/random.h"
#include "service/runtime/task.h"
#include "service/upstream/authorizer.h"
#include "service/upstream/call_target.h"
#include "service/upstream/call_transport.h"
#include "service/upstream/exchange.h"
#include "service/upstream/gate.h"
#include "service/upstream/retry_budget.h"

namespace klarna::upstream {

// How calls are retried.
struct RetryPolicy {
  int attempts = 4;
  absl::Duration backoff = absl::Milliseconds(200);
  absl::Duration backoff_max = absl::Seconds(5);
  // In times of this, a read waits that looks for what a change has done.
  absl::Duration look = absl::Milliseconds(200);
};

// Makes authenticated calls to an account's upstream. Belongs to one executor.
class Client {
 public:
  Client(runtime::Executor& executor, http::HttpTransport& transport,
         Gate& gate, runtime::Random& random, observability::Log& log,
         RetryPolicy retry)
      : executor_(executor),
        transport_(transport),
        gate_(gate),
        random_(random),
        log_(log),
        retry_(retry),
        authorizer_(executor, transport, random, log) {}

  // Says whether a success holds what it should. Not OK means that the answer
  // is not what the API promises.
  using Accept = std::function<absl::Status(const Answer&)>;

  // Reads one answer, within the call's deadline, trying again a few times with
  // backoff and jitter when the connection, the server or the rate limit fails
  // it. Returns a success that `accept` took, or the status of the last
  // attempt as section "Errors" of the README lists it.
  runtime::Task<absl::StatusOr<Answer>> Read(const CallTarget& target,
                                             const rest::BoundRequest& bound,
                                             Accept accept);

  // The HTTP request of a bound call, without credentials.
  http::HttpRequest MakeRequest(const CallTarget& target,
                                const rest::BoundRequest& bound) const;

  // The status of an answer that is not a success, or of none.
  absl::Status StatusOf(const CallTarget& target, const Answer& answer) const;

  // Whether a read that ended like this may go better when repeated.
  static bool WorthRetrying(const Answer& answer);

  // To be called once for each call, before its first attempt.
  void BeginCall(const CallTarget& target) { retry_budget_.Deposit(target); }

  // To be awaited before each attempt, as Gate::Enter.
  runtime::Task<absl::StatusOr<Gate::Pass>> Enter(const CallTarget& target,
                                                  CallKind kind) {
    return gate_.Enter(executor_, target, kind);
  }

  // Waits before attempt `attempt` + 1 of a call whose last one ended with
  // `answer`, at least as long as a 429 or a 503 asks. False, at once, when no
  // attempt or no retry budget is left, or that attempt would come too late;
  // and soon after the caller has left.
  runtime::Task<bool> Backoff(const CallTarget& target, int attempt,
                              const Answer& answer);

  const RetryPolicy& retry_policy() const { return retry_; }
  // For all reads from now on, those under way included.
  void set_retry_policy(const RetryPolicy& retry) { retry_ = retry; }

  // What the attempts of a call go through, one object for all of them.
  CallTransport TransportFor(const CallTarget& target) const;

  Authorizer& authorizer() { return authorizer_; }

 private:
  runtime::Executor& executor_;
  http::HttpTransport& transport_;
  Gate& gate_;
  runtime::Random& random_;
  observability::Log& log_;
  RetryPolicy retry_;
  Authorizer authorizer_;
  RetryBudget retry_budget_;
  const rest::KlarnaErrorMapper errors_;
};

// INTERNAL, reason UPSTREAM_INVALID: the upstream answered something that the
// API does not say.
absl::Status UpstreamInvalid(const CallTarget& target, absl::string_view what);

}  // namespace klarna::upstream

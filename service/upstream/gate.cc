// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/gate.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/rest/status_details.h"

namespace klarna::upstream {

// Guarded by the gate's lock.
struct Gate::Merchant {
  explicit Merchant(int max_concurrency) : concurrency(max_concurrency) {}
  Quota quota;
  ConcurrencyLimit concurrency;
};

namespace {

using Admission = CircuitBreaker::Admission;
using http::TransferError;

// Beyond that, what no call uses is forgotten.
constexpr size_t kMaxKept = 1000;
// Who waits looks again when half of the wait is over, since others may have
// left, until it is this near.
constexpr absl::Duration kNear = absl::Milliseconds(2);
constexpr absl::Duration kRoomSleep = absl::Milliseconds(50);
// How soon to come again when the breaker opened while the call waited.
constexpr absl::Duration kProbeInterval = absl::Seconds(1);
constexpr absl::Duration kRetryWhenOverloaded = absl::Milliseconds(500);
// A request without an answer for this long failed, though its caller was the
// first to lose patience.
constexpr absl::Duration kSilence = absl::Seconds(5);

rest::Metadata MetadataOf(const CallTarget& target) {
  return {{"operation", target.route.label}, {"account", target.account.name}};
}

absl::Status TooLate(const CallTarget& target) {
  return rest::GatewayError(
      absl::StatusCode::kDeadlineExceeded, "DEADLINE",
      absl::StrCat(target.route.label,
                   " was not sent: the caller's deadline is too near"),
      MetadataOf(target));
}

absl::Status Refused(const CallTarget& target, absl::StatusCode code,
                     absl::string_view reason, absl::string_view why,
                     absl::Duration retry_after) {
  absl::Status status = rest::GatewayError(
      code, reason, absl::StrCat(target.route.label, " was not sent: ", why),
      MetadataOf(target));
  rest::AddRetryInfo(retry_after, status);
  return status;
}

absl::Status BreakerOpen(const CallTarget& target, absl::Duration retry_after) {
  return Refused(target, absl::StatusCode::kUnavailable, "BREAKER_OPEN",
                 "Klarna has failed most of these calls; one a second is "
                 "made until it answers again",
                 retry_after);
}

absl::Status QuotaExhausted(const CallTarget& target, absl::Duration wait) {
  return Refused(target, absl::StatusCode::kResourceExhausted,
                 "QUOTA_EXHAUSTED", "the merchant's quota at Klarna is used up",
                 std::min(wait, absl::Minutes(1)));
}

absl::Status Overloaded(const CallTarget& target) {
  return Refused(target, absl::StatusCode::kResourceExhausted, "OVERLOADED",
                 "as many are under way as Klarna answers in time",
                 kRetryWhenOverloaded);
}

bool HasLeft(const CallTarget& target) {
  return target.left != nullptr && target.left();
}

// Answers that say that the upstream is in trouble, and not the call.
bool IsFailure(const Answer& answer) {
  switch (answer.transfer.error) {
    case TransferError::kBadRequest:
    case TransferError::kHeadersTooLarge:
    case TransferError::kBodyTooLarge:
      return false;
    case TransferError::kNone:
      return answer.head.status >= 500;
    default:
      return true;
  }
}

template <typename Entry, typename... Arguments>
std::shared_ptr<Entry> FindOrMake(
    std::map<std::string, std::shared_ptr<Entry>>& all, const std::string& key,
    Arguments... arguments) {
  std::shared_ptr<Entry>& entry = all[key];
  if (entry != nullptr) return entry;
  std::shared_ptr<Entry> made = entry = std::make_shared<Entry>(arguments...);
  if (all.size() > kMaxKept) {
    std::erase_if(
        all, [](const auto& each) { return each.second.use_count() == 1; });
  }
  return made;
}

}  // namespace

absl::Status CallerLeft(const CallTarget& target) {
  return rest::GatewayError(
      absl::StatusCode::kUnavailable, "NOT_SENT",
      absl::StrCat(target.route.label, " was not sent: its caller left before"),
      MetadataOf(target));
}

Gate::Pass::Pass(Gate& gate, const CallTarget& target,
                 std::shared_ptr<Merchant> merchant,
                 std::shared_ptr<CircuitBreaker> breaker, Admission admission,
                 const runtime::Clock& clock)
    : gate_(&gate),
      route_(target.route),
      merchant_(std::move(merchant)),
      breaker_(std::move(breaker)),
      admission_(admission),
      clock_(clock),
      began_(clock.Now()) {}

Gate::Pass::Pass(Pass&& other) noexcept
    : gate_(std::exchange(other.gate_, nullptr)),
      route_(other.route_),
      merchant_(std::move(other.merchant_)),
      breaker_(std::move(other.breaker_)),
      admission_(other.admission_),
      clock_(other.clock_),
      began_(other.began_) {}

Gate::Pass::~Pass() {
  if (gate_ == nullptr) return;
  const runtime::Instant now = clock_.Now();
  const std::lock_guard<std::mutex> lock(gate_->mutex_);
  merchant_->concurrency.End();
  if (now - began_ >= kSilence) {
    breaker_->Record(admission_, /*failed=*/true, now);
  }
}

void Gate::Pass::Heard(const Answer& answer) {
  const runtime::Instant now = clock_.Now();
  const absl::Duration took = now - began_;
  const bool failed = IsFailure(answer);
  const bool impatient =
      answer.transfer.error == TransferError::kTimeout && took < kSilence;
  const std::lock_guard<std::mutex> lock(gate_->mutex_);
  gate_ = nullptr;
  merchant_->concurrency.End();
  if (answer.complete()) {
    merchant_->quota.Heard(route_.quota, answer.head.status,
                           answer.head.headers, now, clock_.WallNow());
    if (!failed && answer.head.status != 429) {
      merchant_->concurrency.Heard(route_.label, took, now);
    }
  }
  if (!impatient) breaker_->Record(admission_, failed, now);
}

// A place in a quota's queue, given up when its call is.
class Gate::Turn {
 public:
  explicit Turn(Gate& gate) : gate_(gate) {}
  ~Turn() {
    if (!place_) return;
    const std::lock_guard<std::mutex> lock(gate_.mutex_);
    merchant_->quota.Leave(*place_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // With the lock held, as the others. As Quota::Take.
  absl::Duration Join(Merchant& merchant, const CallTarget& target,
                      CallKind kind, runtime::Instant now) {
    merchant_ = &merchant;
    place_ = merchant.quota.Join(target.route.quota, kind == CallKind::kChange,
                                 target.account.name);
    return Take(now);
  }
  absl::Duration Take(runtime::Instant now) {
    if (!place_) return absl::InfiniteDuration();
    const absl::Duration wait = merchant_->quota.Take(*place_, now);
    if (wait == absl::ZeroDuration()) place_.reset();
    return wait;
  }

 private:
  Gate& gate_;
  Merchant* merchant_ = nullptr;
  std::optional<Quota::Place> place_;
};

void Gate::Use(const config::Limits& limits) {
  const std::lock_guard<std::mutex> lock(mutex_);
  limits_ = limits;
}

std::shared_ptr<Gate::Merchant> Gate::MerchantOf(const CallTarget& target) {
  const config::Endpoint& endpoint = target.endpoint();
  std::shared_ptr<Merchant> merchant = FindOrMake(
      merchants_,
      absl::StrCat(target.account.merchant_key, " ", endpoint.base_uri),
      limits_.max_concurrency);
  merchant->quota.Use(endpoint.quota, limits_.replicas);
  merchant->concurrency.set_most(limits_.max_concurrency);
  return merchant;
}

std::shared_ptr<CircuitBreaker> Gate::BreakerOf(const CallTarget& target) {
  return FindOrMake(
      breakers_, absl::StrCat(target.account.name, " ", target.route.domain));
}

runtime::Instant Gate::LatestStart(const CallTarget& target, CallKind kind,
                                   const Merchant& merchant,
                                   runtime::Instant now) {
  if (kind == CallKind::kChange) return target.begin_before;
  return target.deadline -
         merchant.concurrency.Fastest(target.route.label, now);
}

runtime::Task<absl::Status> Gate::AwaitTurn(runtime::Executor& executor,
                                            const CallTarget& target,
                                            Turn& turn, absl::Duration wait,
                                            runtime::Instant latest) {
  runtime::Clock& clock = executor.clock();
  absl::Duration patience = target.account.timeouts.total;
  if (!target.begun) {
    const std::lock_guard<std::mutex> lock(mutex_);
    patience = limits_.quota_wait;
  }
  const runtime::Instant give_up = std::min(clock.Now() + patience, latest);
  while (wait > absl::ZeroDuration()) {
    if (clock.Now() + wait > give_up) co_return QuotaExhausted(target, wait);
    co_await runtime::Sleep(executor,
                            std::min(wait, std::max(wait / 2, kNear)));
    if (HasLeft(target)) co_return CallerLeft(target);
    const std::lock_guard<std::mutex> lock(mutex_);
    wait = turn.Take(clock.Now());
  }
  co_return absl::OkStatus();
}

bool Gate::Begin(CallKind kind, Merchant& merchant, CircuitBreaker& breaker,
                 runtime::Instant now, Admission& admission) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!merchant.concurrency.Begin(kind == CallKind::kChange)) return false;
  admission = breaker.Admit(now);
  if (admission == Admission::kRefused) merchant.concurrency.End();
  return true;
}

runtime::Task<absl::StatusOr<Gate::Pass>> Gate::Enter(
    runtime::Executor& executor, const CallTarget& target, CallKind kind) {
  runtime::Clock& clock = executor.clock();
  const runtime::Instant now = clock.Now();
  std::shared_ptr<Merchant> merchant;
  std::shared_ptr<CircuitBreaker> breaker;
  runtime::Instant latest;
  absl::Duration closed;
  absl::Duration wait;
  Turn turn(*this);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    merchant = MerchantOf(target);
    breaker = BreakerOf(target);
    latest = LatestStart(target, kind, *merchant, now);
    closed = breaker->RetryAfter(now);
    if (now < latest && closed == absl::ZeroDuration()) {
      wait = turn.Join(*merchant, target, kind, now);
    }
  }
  if (now >= latest) co_return TooLate(target);
  if (closed > absl::ZeroDuration()) co_return BreakerOpen(target, closed);
  if (wait > absl::ZeroDuration()) {
    absl::Status status =
        co_await AwaitTurn(executor, target, turn, wait, latest);
    if (!status.ok()) co_return status;
  }
  Admission admission = Admission::kRefused;
  const runtime::Instant give_up =
      target.begun
          ? std::min(clock.Now() + target.account.timeouts.total, latest)
          : clock.Now();
  while (!Begin(kind, *merchant, *breaker, clock.Now(), admission)) {
    if (clock.Now() + kRoomSleep > give_up) co_return Overloaded(target);
    co_await runtime::Sleep(executor, kRoomSleep);
    if (HasLeft(target)) co_return CallerLeft(target);
  }
  if (admission == Admission::kRefused) {
    co_return BreakerOpen(target, kProbeInterval);
  }
  co_return Pass(*this, target, std::move(merchant), std::move(breaker),
                 admission, clock);
}

}  // namespace klarna::upstream

// SPDX-License-Identifier: Apache-2.0
//
// Callers that come at their own rate, whatever becomes of them, before an
// upstream that fails, is too slow or refuses: minutes of it on virtual time,
// through the client as it is.
#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "service/auth/credentials.h"
#include "service/rest/status_details.h"
#include "service/sandbox/rate_limiter.h"
#include "service/upstream/client.h"
#include "tests/service/gateway/engine_under_test.h"
#include "tests/service/gateway/recorded_log.h"
#include "tests/testing/manual_executor.h"

namespace klarna::upstream {
namespace {

// Serves so many requests at once, each for 50 ms, and lets the others wait.
class SimulatedUpstream final : public http::HttpTransport {
 public:
  SimulatedUpstream(testing::ManualExecutor& executor, size_t servers)
      : executor_(executor), free_at_(servers, absl::ZeroDuration()) {}

  void set_status(int status) { status_ = status; }
  // Every so many requests to a host get a 503, whatever the others get.
  void FailOneIn(int requests, const std::string& base_uri) {
    fails_one_in_[base_uri] = requests;
  }
  void set_limits(sandbox::RateLimits limits) {
    limiter_ = sandbox::RateLimiter(limits);
  }
  // Somebody else makes a request.
  void UseQuota() {
    limiter_.Admit(sandbox::Quota::kOther, executor_.clock().WallNow());
  }
  int requests() const { return requests_; }
  int refused() const { return refused_; }

  std::unique_ptr<http::Transfer> Start(http::HttpRequest request,
                                        http::ResponseSink& sink) override {
    ++requests_;
    Answer answer;
    answer.head.status = StatusFor(request);
    answer.body = "{}";
    answer.transfer = {.request_sent = true, .framed = true};
    const sandbox::RateLimiter::Decision decision =
        limiter_.Admit(sandbox::Quota::kOther, executor_.clock().WallNow());
    if (!decision.admitted) {
      answer.head.status = 429;
      ++refused_;
    }
    for (const auto& header : decision.headers) {
      answer.head.headers.emplace_back(header.name, header.value);
    }
    return std::make_unique<SimulatedTransfer>(
        executor_, ServeUntil() - executor_.clock().Now(), std::move(answer),
        sink);
  }

 private:
  int StatusFor(const http::HttpRequest& request) {
    for (const auto& [base_uri, one_in] : fails_one_in_) {
      if (!absl::StartsWith(request.url, base_uri)) continue;
      return ++requests_to_[base_uri] % one_in == 0 ? 503 : status_;
    }
    return status_;
  }

  class SimulatedTransfer final : public http::Transfer {
   public:
    SimulatedTransfer(runtime::Executor& executor, absl::Duration delay,
                      Answer answer, http::ResponseSink& sink)
        : timer_(executor, delay, [&sink, answer = std::move(answer)] {
            sink.OnHead(answer.head);
            sink.OnBody(answer.body);
            sink.OnDone(answer.transfer);
          }) {}
    void Resume() override {}

   private:
    runtime::ScopedTimer timer_;
  };

  runtime::Instant ServeUntil() {
    auto server = std::min_element(free_at_.begin(), free_at_.end());
    *server =
        std::max(*server, executor_.clock().Now()) + absl::Milliseconds(50);
    return *server;
  }

  testing::ManualExecutor& executor_;
  std::vector<runtime::Instant> free_at_;
  sandbox::RateLimiter limiter_{sandbox::RateLimits::kOff};
  int status_ = 200;
  std::map<std::string, int> fails_one_in_;
  std::map<std::string, int> requests_to_;
  int requests_ = 0;
  int refused_ = 0;
};

// What became of the calls of one kind.
struct Figures {
  int offered = 0;
  int answered = 0;  // With success, in time.
  std::vector<absl::Duration> took;

  absl::Duration Percentile(size_t percent) {
    std::sort(took.begin(), took.end());
    return took.empty() ? absl::ZeroDuration()
                        : took[(took.size() - 1) * percent / 100];
  }
};

// A gateway, as far as it calls upstreams, and its callers.
class Replica {
 public:
  Replica(testing::ManualExecutor& executor, SimulatedUpstream& upstream,
          runtime::Random& random, observability::Log& log,
          const config::Limits& limits)
      : executor_(executor),
        upstream_(upstream),
        gate_(limits),
        client_(executor, upstream, gate_, random, log, RetryPolicy()) {}

  // A caller with patience for a second.
  void Call(const rest::Route& route, const config::Account& account,
            CallKind kind, Figures& figures) {
    calls_.push_back(std::make_unique<OneCall>(CallTarget{
        .route = route,
        .account = account,
        .deadline = executor_.clock().Now() + absl::Seconds(1),
        // Leaves a change time for its answer.
        .begin_before = executor_.clock().Now() + absl::Milliseconds(900)}));
    OneCall& call = *calls_.back();
    call.leaves.emplace(executor_, absl::Seconds(1), [&call] {
      call.story.Reset();
      call.ended = true;
    });
    ++figures.offered;
    call.story =
        kind == CallKind::kRead ? Read(call, figures) : Change(call, figures);
    call.story.Start();
  }

  void ForgetEnded() {
    std::erase_if(calls_, [](const auto& call) { return call->ended; });
  }

 private:
  struct OneCall {
    explicit OneCall(const CallTarget& to) : target(to) {}
    const CallTarget target;
    bool ended = false;
    std::optional<runtime::ScopedTimer> leaves = std::nullopt;
    runtime::Task<void> story = {};
  };

  void End(OneCall& call, bool success, runtime::Instant began,
           Figures& figures) {
    call.leaves.reset();
    call.ended = true;
    if (!success) return;
    ++figures.answered;
    figures.took.push_back(executor_.clock().Now() - began);
  }

  runtime::Task<void> Read(OneCall& call, Figures& figures) {
    const runtime::Instant began = executor_.clock().Now();
    const Client::Accept accept = [](const Answer&) {
      return absl::OkStatus();
    };
    const absl::StatusOr<Answer> answer =
        co_await client_.Read(call.target, bound_, accept);
    End(call, answer.ok(), began, figures);
  }

  runtime::Task<void> Change(OneCall& call, Figures& figures) {
    const runtime::Instant began = executor_.clock().Now();
    absl::StatusOr<Gate::Pass> pass =
        co_await client_.Enter(call.target, CallKind::kChange);
    bool success = false;
    if (pass.ok()) {
      http::HttpRequest request;
      const Answer answer = co_await Exchange(upstream_, std::move(request));
      pass->Heard(answer);
      success = answer.success();
    }
    End(call, success, began, figures);
  }

  testing::ManualExecutor& executor_;
  SimulatedUpstream& upstream_;
  Gate gate_;
  Client client_;
  const rest::BoundRequest bound_;
  std::list<std::unique_ptr<OneCall>> calls_;
};

class OverloadTest : public ::testing::Test {
 protected:
  OverloadTest() {
    route_.domain = "order_management";
    route_.label = "order_management.get_order";
    account_ = MakeAccount("M1");
    executor_.Advance(absl::Hours(1));
  }

  static config::Account MakeAccount(const std::string& merchant) {
    config::Account account;
    account.name = account.merchant_key = merchant;
    account.endpoint = {.base_uri = "https://api.klarna.example",
                        .credentials = std::make_shared<auth::BasicCredentials>(
                            "user", auth::Secret("password"))};
    return account;
  }

  Replica MakeReplica(const config::Limits& limits = {}) {
    return Replica(executor_, upstream_, random_, log_, limits);
  }

  // One stream of callers.
  struct Load {
    Replica& replica;
    const config::Account& account;
    CallKind kind;
    int per_second;
    Figures figures = {};
  };

  void Run(absl::Duration duration, const std::vector<Load*>& loads) {
    for (int ms = 0; ms < absl::ToInt64Milliseconds(duration); ++ms) {
      executor_.Advance(absl::Milliseconds(1));
      for (Load* load : loads) {
        const int due =
            (ms + 1) * load->per_second / 1000 - ms * load->per_second / 1000;
        for (int i = 0; i < due; ++i) {
          load->replica.Call(route_, load->account, load->kind, load->figures);
        }
        if (ms % 100 == 0) load->replica.ForgetEnded();
      }
    }
  }

  testing::ManualExecutor executor_;
  testing::CountingRandom random_;
  testing::RecordedLog log_;
  SimulatedUpstream upstream_{executor_, /*servers=*/20};
  rest::Route route_;
  config::Account account_;
};

TEST_F(OverloadTest, AnUpstreamThatFailsForMinutesIsAskedOnceASecond) {
  Replica replica = MakeReplica();
  Load load{replica, account_, CallKind::kRead, 100};
  upstream_.set_status(503);
  Run(absl::Minutes(5), {&load});
  EXPECT_EQ(load.figures.offered, 30'000);
  EXPECT_LE(upstream_.requests(), 30'000 * 1.1);
  // What it took to find out, and a probe a second.
  EXPECT_LE(upstream_.requests(), 60 + 300);
  EXPECT_GE(upstream_.requests(), 290);
  std::printf("100 %% 503 for 5 min: %d calls offered, %d sent\n",
              load.figures.offered, upstream_.requests());

  upstream_.set_status(200);
  Run(absl::Seconds(5), {&load});
  load.figures = {};
  Run(absl::Seconds(10), {&load});
  EXPECT_EQ(load.figures.answered, load.figures.offered);
}

// Each of so many accounts calls too rarely for its breaker. What they have not
// needed while all was well does not add up either.
TEST_F(OverloadTest, RetriesOfManyAccountsDoNotMultiplyTheLoad) {
  constexpr int kAccounts = 500;
  constexpr int kCalls = 10'000;
  Replica replica = MakeReplica();
  std::vector<config::Account> accounts;
  accounts.reserve(kAccounts);
  for (int i = 0; i < kAccounts; ++i) {
    accounts.push_back(MakeAccount(absl::StrCat("M", i)));
  }
  const auto requests_of_calls = [&] {
    const int before = upstream_.requests();
    Figures figures;
    for (size_t i = 0; i < kCalls; ++i) {
      executor_.Advance(absl::Milliseconds(10));
      replica.Call(route_, accounts[i % kAccounts], CallKind::kRead, figures);
      if (i % 100 == 0) replica.ForgetEnded();
    }
    executor_.Advance(absl::Seconds(10));
    return upstream_.requests() - before;
  };
  for (const char* before : {"at the start", "after calls that went well"}) {
    upstream_.set_status(503);
    const int requests = requests_of_calls();
    EXPECT_GE(requests, kCalls * 1.05);
    EXPECT_LE(requests, kCalls * 1.1);
    std::printf("100 %% 503 to %d accounts, %s: %d calls offered, %d sent\n",
                kAccounts, before, kCalls, requests);
    upstream_.set_status(200);
    EXPECT_EQ(requests_of_calls(), kCalls);
  }
}

// So few of its calls fail that no breaker opens, and far more than may be
// retried.
TEST_F(OverloadTest, ANeighbourThatFailsLeavesTheOthersTheirRetries) {
  Replica replica = MakeReplica();
  std::list<config::Account> accounts;
  std::list<Load> loads;
  std::vector<Load*> all;
  for (const char* name : {"bad1", "bad2", "bad3"}) {
    config::Account& bad = accounts.emplace_back(MakeAccount(name));
    bad.endpoint.base_uri = "https://bad.example";
    all.push_back(
        &loads.emplace_back(Load{replica, bad, CallKind::kRead, 100}));
  }
  upstream_.FailOneIn(3, "https://bad.example");
  Run(absl::Minutes(1), all);

  upstream_.FailOneIn(20, "https://api.klarna.example");
  Load good{replica, account_, CallKind::kRead, 5};
  all.push_back(&good);
  Run(absl::Minutes(2), all);
  for (Load* load : all) load->per_second = 0;
  Run(absl::Seconds(2), all);
  EXPECT_EQ(good.figures.answered, good.figures.offered);
  const Figures& bad = loads.front().figures;
  EXPECT_LE(bad.answered, bad.offered * 0.8);
  std::printf(
      "neighbours of which a third fails: %d of %d answered, of theirs %d of "
      "%d\n",
      good.figures.answered, good.figures.offered, bad.answered, bad.offered);
}

// 20 servers make 400 a second.
TEST_F(OverloadTest, TwiceTheCapacityCostsNoGoodput) {
  Replica replica = MakeReplica();
  Load peak{replica, account_, CallKind::kRead, 390};
  Run(absl::Minutes(1), {&peak});
  EXPECT_GE(peak.figures.answered, peak.figures.offered * 0.99);
  const absl::Duration peak_p99 = peak.figures.Percentile(99);

  std::list<Load> loads;
  for (const auto& [factor, goodput] :
       {std::pair(2, 0.9), std::pair(10, 0.8)}) {
    // Calls may still be under way when the next begins.
    Load& load = loads.emplace_back(
        Load{replica, account_, CallKind::kRead, 400 * factor});
    Run(absl::Seconds(10), {&load});  // To find out.
    load.figures = {};
    Run(absl::Minutes(3), {&load});
    const double answered = load.figures.answered / 180.0;
    const absl::Duration p99 = load.figures.Percentile(99);
    EXPECT_GE(answered, 400 * goodput);
    EXPECT_LE(p99, 2 * peak_p99);
    std::printf(
        "%dx offered: %.0f of 400 answered a second, p99 %.0f ms, "
        "at the peak %.0f ms\n",
        factor, answered, absl::ToDoubleMilliseconds(p99),
        absl::ToDoubleMilliseconds(peak_p99));
  }

  Run(absl::Seconds(5), {&peak});
  peak.figures = {};
  Run(absl::Minutes(1), {&peak});
  EXPECT_GE(peak.figures.answered, peak.figures.offered * 0.99);
}

TEST_F(OverloadTest, ReadsDoNotPushChangesOut) {
  Replica replica = MakeReplica();
  Load reads{replica, account_, CallKind::kRead, 1600};
  Load changes{replica, account_, CallKind::kChange, 20};
  Run(absl::Minutes(1), {&reads, &changes});
  EXPECT_GE(changes.figures.answered, changes.figures.offered * 0.95);
}

TEST_F(OverloadTest, ThreeReplicasUseAMerchantsQuotaAndKeepToIt) {
  upstream_.set_limits(sandbox::RateLimits::kLive);
  account_.endpoint.quota = {.calls_per_second = 200,
                             .sessions_per_second = 40};
  std::list<Replica> replicas;
  std::list<Load> reads, changes;
  std::vector<Load*> loads;
  for (int i = 0; i < 3; ++i) {
    Replica& replica = replicas.emplace_back(
        executor_, upstream_, random_, log_, config::Limits{.replicas = 3});
    // Changes within their part, reads without measure.
    loads.push_back(
        &changes.emplace_back(Load{replica, account_, CallKind::kChange, 30}));
    loads.push_back(
        &reads.emplace_back(Load{replica, account_, CallKind::kRead, 300}));
  }
  Run(absl::Minutes(2), loads);
  EXPECT_LE(upstream_.refused(), upstream_.requests() * 0.005);
  EXPECT_GE(upstream_.requests(), 200 * 120 * 0.95);
  EXPECT_LE(upstream_.requests(), 200 * 120);
  for (const Load& load : changes) {
    EXPECT_GE(load.figures.answered, load.figures.offered * 0.99);
  }
  std::printf("5x offered at 200/s: %.1f %% used, %d of %d refused\n",
              upstream_.requests() / 240.0, upstream_.refused(),
              upstream_.requests());
}

// Somebody else uses the merchant's quota, too: the answers say so.
TEST_F(OverloadTest, SlowsDownWhenOthersUseTheQuota) {
  upstream_.set_limits(sandbox::RateLimits::kLive);
  account_.endpoint.quota = {.calls_per_second = 200};
  Replica replica = MakeReplica();
  Load load{replica, account_, CallKind::kRead, 300};
  for (int second = 0; second < 60; ++second) {
    Run(absl::Seconds(1), {&load});
    for (int i = 0; i < 100; ++i) upstream_.UseQuota();
  }
  EXPECT_LE(upstream_.refused(), upstream_.requests() * 0.1);
  std::printf("others use half: %d answered, %d of %d refused\n",
              load.figures.answered, upstream_.refused(), upstream_.requests());
  EXPECT_GE(load.figures.answered, 60 * 40);
}

// Another account of the same merchant has the same quota.
TEST_F(OverloadTest, ANoisyAccountLeavesTheOtherItsPartOfTheQuota) {
  upstream_.set_limits(sandbox::RateLimits::kLive);
  account_.endpoint.quota = {.calls_per_second = 200};
  config::Account noisy = account_;
  noisy.name = "noisy";
  for (const CallKind kind : {CallKind::kRead, CallKind::kChange}) {
    Replica replica = MakeReplica();
    Load quiet{replica, account_, kind, 40};
    Load loud{replica, noisy, kind, 40 * 50};
    Run(absl::Minutes(1), {&quiet, &loud});
    EXPECT_GE(quiet.figures.answered, quiet.figures.offered * 0.99);
    EXPECT_LE(quiet.figures.Percentile(99), absl::Milliseconds(150));
    EXPECT_GE(loud.figures.answered, 60 * 140);
    std::printf(
        "a neighbour that asks 50 times as much: %d of %d answered, p99 %.0f "
        "ms; it got %d\n",
        quiet.figures.answered, quiet.figures.offered,
        absl::ToDoubleMilliseconds(quiet.figures.Percentile(99)),
        loud.figures.answered);
  }
}

TEST_F(OverloadTest, ANoisyNeighbourIsNotHeard) {
  Replica replica = MakeReplica();
  config::Account noisy = MakeAccount("M2");
  noisy.endpoint.quota = {.calls_per_second = 50};
  Load quiet{replica, account_, CallKind::kRead, 40};
  Run(absl::Minutes(1), {&quiet});
  const absl::Duration alone = quiet.figures.Percentile(99);
  quiet.figures = {};
  Load loud{replica, noisy, CallKind::kRead, 2000};
  Run(absl::Minutes(1), {&quiet, &loud});
  EXPECT_EQ(quiet.figures.offered / 10, quiet.figures.answered / 10);
  EXPECT_LE(quiet.figures.Percentile(99), alone * 1.1);
}

}  // namespace
}  // namespace klarna::upstream

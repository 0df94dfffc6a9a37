// SPDX-License-Identifier: Apache-2.0
//
// Whether the gateway still answers in time when more is asked than can be
// served. First the peak is looked for: more and more is offered, up to a fifth
// more than the upstream can serve, and the most that was answered in one of
// these phases is the peak. Then twice the peak is offered, and ten times. The
// goal is that at twice the peak 90 % of it are answered still; the exit code
// is 1 when they are not, or when this machine could not offer what it should.
//
// The upstream serves SERVERS requests at once, each for 50 ms, and lets the
// others wait: 20 servers make 400 a second. Callers come at their own rate,
// whatever becomes of those before (an open loop, so that no wait is omitted),
// half of them with a read and half with a capture, and leave after two
// seconds. Answered is what succeeded before its phase was over: what a queue
// holds by then does not count.
//
//   overload_benchmark [SECONDS [SERVERS]]    # of each phase; of the upstream
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "grpcpp/generic/generic_stub.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "service/auth/uuid.h"
#include "service/sandbox/http_server.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna {
namespace {

using order_management::v1::PublishRequest;
using order_management::v1::PublishResponse;
using order_management::v1::SubscribeRequest;
using order_management::v1::SubscribeResponse;

constexpr absl::Duration kService = absl::Milliseconds(50);
constexpr absl::Duration kPatience = absl::Seconds(2);

class SlowUpstream {
 public:
  SlowUpstream(const runtime::Clock& clock, size_t servers)
      : clock_(clock), free_at_(servers, absl::ZeroDuration()) {
    server_ = *sandbox::HttpServer::Start(
        0, [this](const sandbox::Request& request) { return Serve(request); });
  }

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_->port());
  }
  int requests() const { return requests_; }

 private:
  sandbox::Answer Serve(const sandbox::Request& request) {
    ++requests_;
    const runtime::Instant now = clock_.Now();
    auto server = std::min_element(free_at_.begin(), free_at_.end());
    *server = std::max(*server, now) + kService;
    sandbox::Answer answer;
    answer.delay = *server - now;
    if (request.method == "GET") {
      answer.headers = {{"Content-Type", "application/json"}};
      answer.body = R"({"order_id":"o1"})";
    } else {
      answer.status = 201;
      answer.headers = {{"Capture-Id", "c1"}};
    }
    return answer;
  }

  const runtime::Clock& clock_;
  std::vector<runtime::Instant> free_at_;
  std::atomic<int> requests_ = 0;
  std::unique_ptr<sandbox::HttpServer> server_;  // Last: uses the others.
};

// What came of one phase. Rates are of one second.
struct Figures {
  double offered = 0;
  double answered = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  int shed = 0;
  int failed = 0;
  int late = 0;  // Succeeded, but behind the phase's end.
  int upstream_requests = 0;
};

// The calls of one phase. Thread-safe.
class Phase {
 public:
  void Began() { ++under_way_; }
  void Ended(const grpc::Status& status, runtime::Instant began,
             runtime::Instant now) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      switch (status.error_code()) {
        case grpc::StatusCode::OK:
          successes_.push_back({now, now - began});
          break;
        case grpc::StatusCode::RESOURCE_EXHAUSTED:
          ++shed_;
          break;
        default:
          ++failed_;
      }
    }
    --under_way_;
  }

  // Of a phase of `calls` calls; waits for the last one.
  Figures Sum(int calls, runtime::Instant began, runtime::Instant end) {
    while (under_way_ > 0) absl::SleepFor(absl::Milliseconds(10));
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<double> took;
    for (const Success& success : successes_) {
      if (success.at > end) continue;
      took.push_back(absl::ToDoubleMilliseconds(success.took));
    }
    std::sort(took.begin(), took.end());
    const auto percentile = [&](size_t percent) {
      return took.empty() ? 0 : took[(took.size() - 1) * percent / 100];
    };
    const double seconds = absl::ToDoubleSeconds(end - began);
    return {.offered = calls / seconds,
            .answered = static_cast<double>(took.size()) / seconds,
            .p50_ms = percentile(50),
            .p99_ms = percentile(99),
            .shed = shed_,
            .failed = failed_,
            .late = static_cast<int>(successes_.size() - took.size())};
  }

 private:
  struct Success {
    runtime::Instant at;
    absl::Duration took;
  };

  std::atomic<int> under_way_ = 0;
  std::mutex mutex_;
  int shed_ = 0;
  int failed_ = 0;
  std::vector<Success> successes_;
};

// One call, which ends by itself.
template <typename Request, typename Response>
class Call {
 public:
  using Stub = grpc::TemplatedGenericStub<Request, Response>;

  static void Make(Stub& stub, const char* method, const Request& request,
                   const runtime::Clock& clock, Phase& phase) {
    auto* call = new Call(request, clock, phase);
    call->context_.set_deadline(std::chrono::system_clock::now() +
                                absl::ToChronoMilliseconds(kPatience));
    phase.Began();
    stub.UnaryCall(&call->context_, method, {}, &call->request_,
                   &call->response_, [call](const grpc::Status& status) {
                     call->phase_.Ended(status, call->began_,
                                        call->clock_.Now());
                     delete call;
                   });
  }

 private:
  Call(const Request& request, const runtime::Clock& clock, Phase& phase)
      : request_(request), clock_(clock), phase_(phase), began_(clock.Now()) {}

  grpc::ClientContext context_;
  const Request request_;
  Response response_;
  const runtime::Clock& clock_;
  Phase& phase_;
  const runtime::Instant began_;
};

class Benchmark {
 public:
  explicit Benchmark(size_t servers)
      : upstream_(clock_, servers), gateway_(upstream_.url()) {}

  // Offers so many calls a second for so long.
  Figures Run(int per_second, int seconds) {
    Phase phase;
    const int before = upstream_.requests();
    const int calls = per_second * seconds;
    const runtime::Instant began = clock_.Now();
    for (int i = 0; i < calls; ++i) {
      const runtime::Instant due = began + absl::Seconds(1) * i / per_second;
      const absl::Duration early = due - clock_.Now();
      if (early > absl::ZeroDuration()) absl::SleepFor(early);
      if (i % 2 == 0) {
        Read(phase);
      } else {
        Capture(phase);
      }
    }
    Figures figures = phase.Sum(calls, began, clock_.Now());
    figures.upstream_requests = upstream_.requests() - before;
    return figures;
  }

 private:
  void Read(Phase& phase) {
    SubscribeRequest request;
    request.mutable_get_order()->set_order_id("o1");
    Call<SubscribeRequest, SubscribeResponse>::Make(
        reads_, "/klarna.order_management.v1.OrderManagementService/Subscribe",
        request, clock_, phase);
  }

  void Capture(Phase& phase) {
    PublishRequest request;
    request.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
    request.mutable_create_capture()->set_order_id("o1");
    request.mutable_create_capture()->mutable_capture()->set_captured_amount(1);
    Call<PublishRequest, PublishResponse>::Make(
        changes_, "/klarna.order_management.v1.OrderManagementService/Publish",
        request, clock_, phase);
  }

  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  SlowUpstream upstream_;
  testing::GatewayUnderTest gateway_;
  grpc::TemplatedGenericStub<SubscribeRequest, SubscribeResponse> reads_{
      gateway_.channel()};
  grpc::TemplatedGenericStub<PublishRequest, PublishResponse> changes_{
      gateway_.channel()};
};

// Of what the upstream can serve, in percent. Near it the steps are small.
constexpr int kSteps[] = {50, 70, 80, 90, 95, 100, 110, 120};
// The goal, of the peak.
constexpr double kGoal = 0.9;
// A machine that offers less than this of what it should measures nothing.
constexpr double kLeastOffered = 0.97;

void Print(const std::string& name, const Figures& figures) {
  std::printf(
      "%-13s %6.0f/s offered, %6.0f/s answered, p50 %4.0f ms, p99 %4.0f ms; "
      "%d shed, %d failed, %d late, %d requests upstream\n",
      name.c_str(), figures.offered, figures.answered, figures.p50_ms,
      figures.p99_ms, figures.shed, figures.failed, figures.late,
      figures.upstream_requests);
  std::fflush(stdout);
}

// The most that was answered in a second.
double FindPeak(Benchmark& benchmark, int capacity, int seconds) {
  double peak = 0;
  for (const int percent : kSteps) {
    const Figures figures = benchmark.Run(capacity * percent / 100, seconds);
    Print(absl::StrCat("looking, ", percent, " %"), figures);
    peak = std::max(peak, figures.answered);
  }
  return peak;
}

int Measure(int seconds, int servers) {
  const int capacity = servers * static_cast<int>(absl::Seconds(1) / kService);
  std::printf(
      "method: open loop, half reads and half captures, callers leave after %g "
      "s; an upstream of %d servers at %g ms, so %d/s; phases of %d s; "
      "answered is what succeeded within its phase\n",
      absl::ToDoubleSeconds(kPatience), servers,
      absl::ToDoubleMilliseconds(kService), capacity, seconds);
  Benchmark benchmark(static_cast<size_t>(servers));
  Print("warming up", benchmark.Run(capacity / 2, 3));
  const double peak = FindPeak(benchmark, capacity, seconds);
  const int twice = static_cast<int>(2 * peak);
  const Figures overload = benchmark.Run(twice, seconds);
  Print("2 x the peak", overload);
  Print("10 x the peak", benchmark.Run(5 * twice, seconds));
  Print("afterwards", benchmark.Run(capacity * 9 / 10, seconds));

  const bool offered = overload.offered >= kLeastOffered * twice;
  const bool reached = overload.answered >= kGoal * peak;
  std::printf(
      "overload: peak %.0f/s; at %.0f/s offered %.0f/s answered, %.1f %% of "
      "the peak; goal %.0f %%: %s\n",
      peak, overload.offered, overload.answered, 100 * overload.answered / peak,
      100 * kGoal,
      !offered ? "not measured, this machine could not offer twice the peak"
               : (reached ? "reached" : "MISSED"));
  return offered && reached ? 0 : 1;
}

}  // namespace
}  // namespace klarna

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return klarna::Measure(argc > 1 ? std::atoi(argv[1]) : 15,
                         argc > 2 ? std::atoi(argv[2]) : 20);
}

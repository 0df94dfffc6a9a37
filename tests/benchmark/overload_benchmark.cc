// SPDX-License-Identifier: Apache-2.0
//
// What the gateway answers in time when more is asked than its upstream can
// serve. The upstream serves SERVERS requests at once, each for 50 ms, and lets
// the others wait: 20 servers make 400 a second. Callers come at their own
// rate, whatever becomes of those before (an open loop, so that no wait is
// omitted), half of them with a read and half with a capture, and leave after
// two seconds. Goodput is what was answered with success.
//
//   overload_benchmark [SECONDS [SERVERS]]
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

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

// The calls of one phase. Thread-safe.
class Phase {
 public:
  void Began() { ++under_way_; }
  void Ended(const grpc::Status& status, absl::Duration took) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ++ended_;
      switch (status.error_code()) {
        case grpc::StatusCode::OK:
          took_.push_back(absl::ToDoubleMilliseconds(took));
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

  // Of a phase that lasted so long; waits for the last call.
  void Print(const char* name, int offered_per_second, double seconds,
             int upstream_requests) {
    while (under_way_ > 0) absl::SleepFor(absl::Milliseconds(10));
    const std::lock_guard<std::mutex> lock(mutex_);
    std::sort(took_.begin(), took_.end());
    const auto percentile = [&](size_t percent) {
      return took_.empty() ? 0 : took_[(took_.size() - 1) * percent / 100];
    };
    std::printf(
        "%-6s %5d/s offered: %6.0f/s answered, p50 %4.0f ms, p99 %4.0f ms; "
        "%d shed, %d failed, %d calls upstream\n",
        name, offered_per_second, static_cast<double>(took_.size()) / seconds,
        percentile(50), percentile(99), shed_, failed_, upstream_requests);
  }

 private:
  std::atomic<int> under_way_ = 0;
  std::mutex mutex_;
  int ended_ = 0;
  int shed_ = 0;
  int failed_ = 0;
  std::vector<double> took_;
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
                     call->phase_.Ended(status,
                                        call->clock_.Now() - call->began_);
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

  void Run(const char* name, int per_second, int seconds) {
    Phase phase;
    const int before = upstream_.requests();
    const runtime::Instant began = clock_.Now();
    for (int i = 0; i < per_second * seconds; ++i) {
      const runtime::Instant due = began + absl::Seconds(1) * i / per_second;
      const absl::Duration early = due - clock_.Now();
      if (early > absl::ZeroDuration()) absl::SleepFor(early);
      if (i % 2 == 0) {
        Read(phase);
      } else {
        Capture(phase);
      }
    }
    const double took = absl::ToDoubleSeconds(clock_.Now() - began);
    phase.Print(name, per_second, took, upstream_.requests() - before);
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

}  // namespace
}  // namespace klarna

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 20;
  const int servers = argc > 2 ? std::atoi(argv[2]) : 20;
  const int capacity = servers * 20;
  klarna::Benchmark benchmark(static_cast<size_t>(servers));
  std::printf("an upstream of %d servers at 50 ms: %d a second\n", servers,
              capacity);
  benchmark.Run("warm", capacity / 2, 3);
  benchmark.Run("1x", capacity, seconds);
  benchmark.Run("2x", capacity * 2, seconds);
  benchmark.Run("10x", capacity * 10, seconds);
  benchmark.Run("after", capacity * 9 / 10, 5);
  return 0;
}

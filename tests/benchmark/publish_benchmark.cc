// SPDX-License-Identifier: Apache-2.0
//
// Captures a second through the gateway, beside the same requests made straight
// with the gateway's libcurl transport, against the same sandbox. Everything
// shares this process and the machine's cores; the two are measured in turn,
// and the medians of the pairs' ratios and of what the gateway adds to the
// latency are printed.
//
//   publish_benchmark [concurrency] [requests] [rounds] [latency_ms]
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/generic/generic_stub.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "service/auth/uuid.h"
#include "service/http/curl_transport.h"
#include "service/runtime/event_loop.h"
#include "tests/end_to_end/gateway_under_test.h"
#include "tests/testing/notification.h"

namespace klarna {
namespace {

using order_management::v1::PublishRequest;
using order_management::v1::PublishResponse;
using Stub = grpc::TemplatedGenericStub<PublishRequest, PublishResponse>;

constexpr char kMethod[] =
    "/klarna.order_management.v1.OrderManagementService/Publish";

struct Figures {
  double per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

// Keeps `concurrency` requests under way until `total` have ended, and times
// them. Thread-safe.
class Load {
 public:
  Load(const runtime::Clock& clock, int total) : clock_(clock), left_(total) {}

  // False when no request is to be begun any more.
  bool Take() { return left_.fetch_sub(1) > 0; }

  runtime::Instant Now() const { return clock_.Now(); }

  void Ended(runtime::Instant begun) {
    const absl::Duration took = clock_.Now() - begun;
    const std::lock_guard<std::mutex> lock(mutex_);
    latencies_.push_back(absl::ToDoubleMilliseconds(took));
  }

  void LaneEnds() {
    if (lanes_.fetch_sub(1) == 1) all_done_.Notify();
  }

  template <typename BeginLane>
  Figures Run(int concurrency, BeginLane begin_lane) {
    lanes_ = concurrency;
    const runtime::Instant start = clock_.Now();
    for (int i = 0; i < concurrency; ++i) begin_lane();
    all_done_.Wait();
    const double seconds = absl::ToDoubleSeconds(clock_.Now() - start);
    std::sort(latencies_.begin(), latencies_.end());
    Figures figures;
    figures.per_second = static_cast<double>(latencies_.size()) / seconds;
    figures.p50_ms = latencies_[latencies_.size() / 2];
    figures.p99_ms = latencies_[latencies_.size() * 99 / 100];
    return figures;
  }

 private:
  const runtime::Clock& clock_;
  std::atomic<int> left_;
  std::atomic<int> lanes_ = 0;
  testing::Notification all_done_;
  std::mutex mutex_;
  std::vector<double> latencies_;
};

void Fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::_Exit(1);
}

// One request after the other through the gateway. Its calls end on a
// completion queue, the cheapest client of gRPC's: it is not what is measured.
class GatewayLane {
 public:
  GatewayLane(Stub& stub, grpc::CompletionQueue& queue, Load& load,
              const std::string& order_id, const runtime::Clock& clock,
              runtime::Random& random)
      : stub_(stub),
        queue_(queue),
        load_(load),
        clock_(clock),
        random_(random) {
    request_.mutable_create_capture()->set_order_id(order_id);
    request_.mutable_create_capture()->mutable_capture()->set_captured_amount(
        1);
  }

  // False when no request is to be begun any more.
  bool Next() {
    if (!load_.Take()) return false;
    context_.emplace();
    // Of this very moment: an id from before the gateway's start would have its
    // capture read back.
    request_.set_request_id(auth::TimeUuid(clock_.WallNow(), random_));
    begun_ = load_.Now();
    call_ = stub_.PrepareUnaryCall(&*context_, kMethod, request_, &queue_);
    call_->StartCall();
    call_->Finish(&response_, &status_, this);
    return true;
  }

  void Ended() {
    if (!status_.ok()) Fail(status_.error_message());
    load_.Ended(begun_);
  }

 private:
  Stub& stub_;
  grpc::CompletionQueue& queue_;
  Load& load_;
  const runtime::Clock& clock_;
  runtime::Random& random_;
  runtime::Instant begun_;
  std::optional<grpc::ClientContext> context_;
  PublishRequest request_;
  PublishResponse response_;
  grpc::Status status_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<PublishResponse>> call_;
};

// Serves the lanes until all have come to their end.
void RunLanes(grpc::CompletionQueue& queue, Load& load, int lanes) {
  void* tag = nullptr;
  bool ok = false;
  while (lanes > 0 && queue.Next(&tag, &ok)) {
    auto& lane = *static_cast<GatewayLane*>(tag);
    lane.Ended();
    if (lane.Next()) continue;
    load.LaneEnds();
    --lanes;
  }
}

// One request after the other straight to the sandbox.
class DirectLane final : public http::ResponseSink {
 public:
  DirectLane(http::HttpTransport& transport, Load& load, std::string url,
             runtime::Random& random)
      : transport_(transport),
        load_(load),
        url_(std::move(url)),
        random_(random) {}

  void Next() {
    if (!load_.Take()) return load_.LaneEnds();
    http::HttpRequest request;
    request.method = "POST";
    request.url = url_;
    request.headers = {{"Authorization", "Basic klarna_test_api_sandbox"},
                       {"Content-Type", "application/json"},
                       {"Klarna-Idempotency-Key",
                        auth::TimeUuid(absl::FromUnixSeconds(0), random_)}};
    request.body = "{\"captured_amount\":1}";
    request.mutation = true;
    begun_ = load_.Now();
    transfer_ = transport_.Start(std::move(request), *this);
  }

  void OnHead(http::HttpResponseHead head) override {
    if (head.status != 201) Fail(absl::StrCat("HTTP ", head.status));
  }
  bool OnBody(std::string_view) override { return true; }
  void OnDone(http::TransferResult) override {
    load_.Ended(begun_);
    Next();
  }

 private:
  http::HttpTransport& transport_;
  Load& load_;
  const std::string url_;
  runtime::Random& random_;
  runtime::Instant begun_;
  std::unique_ptr<http::Transfer> transfer_;
};

Figures ThroughGateway(const std::shared_ptr<grpc::Channel>& channel,
                       const std::string& order_id, runtime::Clock& clock,
                       runtime::Random& random, int concurrency, int total) {
  Stub stub(channel);
  grpc::CompletionQueue queue;
  Load load(clock, total);
  std::vector<std::unique_ptr<GatewayLane>> lanes;
  std::thread client;
  const Figures figures = load.Run(concurrency, [&] {
    lanes.push_back(std::make_unique<GatewayLane>(stub, queue, load, order_id,
                                                  clock, random));
    lanes.back()->Next();
    if (lanes.size() == static_cast<size_t>(concurrency)) {
      client = std::thread([&] { RunLanes(queue, load, concurrency); });
    }
  });
  client.join();
  return figures;
}

Figures Direct(const std::string& url, runtime::Clock& clock,
               runtime::Random& random, int concurrency, int total) {
  auto loop = runtime::EventLoop::Create(clock);
  http::SystemResolver resolver(clock, &http::SystemResolver::GetAddrInfo);
  auto transport = http::CurlTransport::Create(**loop, resolver, {});
  Load load(clock, total);
  std::vector<std::unique_ptr<DirectLane>> lanes;
  (*loop)->Start();
  const Figures figures = load.Run(concurrency, [&] {
    lanes.push_back(
        std::make_unique<DirectLane>(**transport, load, url, random));
    (*loop)->Post([lane = lanes.back().get()] { lane->Next(); });
  });
  (*loop)->Stop();
  lanes.clear();
  return figures;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// An order with enough left to capture one unit at a time.
std::string LargestOrder(sandbox::SandboxServer& sandbox) {
  std::string id;
  sandbox.With([&](sandbox::Klarna& klarna) {
    for (const auto& known : klarna.WellKnownIds()) {
      if (known.name == "order, authorized") id = known.id;
    }
  });
  return id;
}

void Run(int concurrency, int total, int rounds, int latency_ms) {
  runtime::SystemClock clock;
  runtime::SystemRandom random;
  std::vector<double> ratios, added_p50, added_p99;
  std::vector<Figures> gateway_figures, direct_figures;
  for (int i = 0; i < rounds; ++i) {
    sandbox::SandboxOptions options;
    options.latency = absl::Milliseconds(latency_ms);
    const auto sandbox = testing::StartSandbox(options, clock);
    testing::GatewayUnderTest gateway(sandbox->url());
    const std::string order = LargestOrder(*sandbox);
    gateway_figures.push_back(ThroughGateway(gateway.channel(), order, clock,
                                             random, concurrency, total));
    direct_figures.push_back(
        Direct(absl::StrCat(sandbox->url(), "/ordermanagement/v1/orders/",
                            order, "/captures"),
               clock, random, concurrency, total));
    const Figures& gateway_round = gateway_figures.back();
    const Figures& direct_round = direct_figures.back();
    ratios.push_back(gateway_round.per_second / direct_round.per_second);
    added_p50.push_back(gateway_round.p50_ms - direct_round.p50_ms);
    added_p99.push_back(gateway_round.p99_ms - direct_round.p99_ms);
  }
  const auto print = [](const char* name, std::vector<Figures>& all) {
    std::sort(all.begin(), all.end(), [](const Figures& a, const Figures& b) {
      return a.per_second < b.per_second;
    });
    const Figures& median = all[all.size() / 2];
    std::printf("%-8s %8.0f captures/s, p50 %.2f ms, p99 %.2f ms\n", name,
                median.per_second, median.p50_ms, median.p99_ms);
  };
  std::printf("concurrency %d, %d captures, %d rounds, latency %d ms\n",
              concurrency, total, rounds, latency_ms);
  print("gateway", gateway_figures);
  print("direct", direct_figures);
  std::printf("ratio    %8.2f\n", Median(ratios));
  std::printf("added    p50 %.2f ms, p99 %.2f ms\n", Median(added_p50),
              Median(added_p99));
}

int Argument(int argc, char** argv, int index, int fallback) {
  return argc > index ? std::atoi(argv[index]) : fallback;
}

}  // namespace
}  // namespace klarna

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  klarna::Run(klarna::Argument(argc, argv, 1, 64),
              klarna::Argument(argc, argv, 2, 6000),
              klarna::Argument(argc, argv, 3, 5),
              klarna::Argument(argc, argv, 4, 0));
}

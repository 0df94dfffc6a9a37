// SPDX-License-Identifier: Apache-2.0
//
// Many streams at once, some of which stop reading after their first message:
// does the gateway's memory stay bounded, and do the others keep their rate?
// Run by tests/benchmark/many_streams, which starts gateway and sandbox as
// processes of their own.
//
//   many_streams TARGET GATEWAY_PID STREAMS STALLED
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "service/runtime/system_clock.h"

namespace klarna {
namespace {

using settlements::v1::SubscribeRequest;
using settlements::v1::SubscribeResponse;
using Stub = grpc::TemplatedGenericStub<SubscribeRequest, SubscribeResponse>;

// One stream that is read to its end, or once and then no more until told.
class Stream final
    : public grpc::ClientBidiReactor<SubscribeRequest, SubscribeResponse> {
 public:
  Stream(bool stalls, absl::BlockingCounter& done,
         std::atomic<int64_t>& entities, std::atomic<int>& failed)
      : stalls_(stalls), done_(done), entities_(entities), failed_(failed) {
    request_.mutable_list_transactions()->set_payment_reference("PAYOUT00001");
  }

  void Begin(Stub& stub) {
    stub.PrepareBidiStreamingCall(
        &context_, "/klarna.settlements.v1.SettlementsService/Subscribe", {},
        this);
    StartWriteLast(&request_, grpc::WriteOptions());
    StartRead(&response_);
    if (stalls_) AddHold();
    StartCall();
  }

  // Ends a stream that stalls.
  void Leave() {
    context_.TryCancel();
    RemoveHold();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    entities_ += response_.transactions().transactions_size();
    if (!stalls_) StartRead(&response_);
  }
  void OnDone(const grpc::Status& status) override {
    if (!stalls_ && !status.ok()) {
      std::fprintf(stderr, "%s\n", status.error_message().c_str());
      ++failed_;
    }
    done_.DecrementCount();
  }

 private:
  const bool stalls_;
  absl::BlockingCounter& done_;
  std::atomic<int64_t>& entities_;
  std::atomic<int>& failed_;
  grpc::ClientContext context_;
  SubscribeRequest request_;
  SubscribeResponse response_;
};

// Resident memory of a process in MiB, now and at its peak.
std::pair<long, long> MemoryOf(const std::string& pid) {
  std::ifstream status("/proc/" + pid + "/status");
  long now = 0, peak = 0;
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) now = std::atol(line.c_str() + 6) / 1024;
    if (line.rfind("VmHWM:", 0) == 0) peak = std::atol(line.c_str() + 6) / 1024;
  }
  return {now, peak};
}

int Run(const std::string& target, const std::string& pid, int streams,
        int stalled) {
  runtime::SystemClock clock;
  // Connections take a thousand streams each.
  std::vector<std::unique_ptr<Stub>> stubs;
  for (int i = 0; i < 4; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stubs.push_back(std::make_unique<Stub>(grpc::CreateCustomChannel(
        target, grpc::InsecureChannelCredentials(), arguments)));
  }
  absl::BlockingCounter live_done(streams - stalled), stalled_done(stalled);
  std::atomic<int64_t> live_entities = 0, stalled_entities = 0;
  std::atomic<int> failed = 0;
  std::vector<std::unique_ptr<Stream>> all;
  const long before = MemoryOf(pid).first;
  const runtime::Instant start = clock.Now();
  for (int i = 0; i < streams; ++i) {
    const bool stalls = i < stalled;
    all.push_back(std::make_unique<Stream>(
        stalls, stalls ? stalled_done : live_done,
        stalls ? stalled_entities : live_entities, failed));
    all.back()->Begin(*stubs[static_cast<size_t>(i) % stubs.size()]);
  }
  live_done.Wait();
  const double seconds = absl::ToDoubleSeconds(clock.Now() - start);
  const auto [now, peak] = MemoryOf(pid);
  for (int i = 0; i < stalled; ++i) all[static_cast<size_t>(i)]->Leave();
  stalled_done.Wait();
  std::printf(
      "%4d streams, %3d stalled: %8.0f entities/s of the live ones, %ld "
      "entities, %d failed; gateway's memory %ld MiB before, %ld MiB with the "
      "stalled left, peak %ld MiB\n",
      streams, stalled, static_cast<double>(live_entities) / seconds,
      static_cast<long>(live_entities), failed.load(), before, now, peak);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace klarna

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: many_streams TARGET PID STREAMS STALLED\n");
    return 2;
  }
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return klarna::Run(argv[1], argv[2], std::atoi(argv[3]), std::atoi(argv[4]));
}

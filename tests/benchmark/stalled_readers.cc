// SPDX-License-Identifier: Apache-2.0
//
// Readers that take one message of a stream and then no more: how much memory
// does the gateway need for them, and does it give it back? Run by
// tests/benchmark/stalled_readers, which starts gateway and sandbox as
// processes of their own.
//
//   stalled_readers TARGET GATEWAY_PID READERS READERS_PER_SECOND HOLD_SECONDS
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "klarna/settlements/v1/settlements_service.pb.h"

namespace klarna {
namespace {

using settlements::v1::SubscribeRequest;
using settlements::v1::SubscribeResponse;
using Stub = grpc::TemplatedGenericStub<SubscribeRequest, SubscribeResponse>;

constexpr int kReadersPerConnection = 900;
constexpr long kMostMebibytes = 512;
constexpr int kPatienceSeconds = 60;

class Reader final
    : public grpc::ClientBidiReactor<SubscribeRequest, SubscribeResponse> {
 public:
  Reader(Stub& stub, std::atomic<int>& stalled, absl::BlockingCounter& gone)
      : stalled_(stalled), gone_(gone) {
    request_.mutable_list_transactions()->set_payment_reference("PAYOUT00001");
    stub.PrepareBidiStreamingCall(
        &context_, "/klarna.settlements.v1.SettlementsService/Subscribe", {},
        this);
    StartWriteLast(&request_, grpc::WriteOptions());
    StartRead(&response_);
    AddHold();
    StartCall();
  }

  void Leave() {
    context_.TryCancel();
    RemoveHold();
  }

  void OnReadDone(bool ok) override {
    if (ok) ++stalled_;
  }
  void OnDone(const grpc::Status&) override { gone_.DecrementCount(); }

 private:
  std::atomic<int>& stalled_;
  absl::BlockingCounter& gone_;
  grpc::ClientContext context_;
  SubscribeRequest request_;
  SubscribeResponse response_;
};

// Of a process, in MiB: "VmRSS:" now, "VmHWM:" at its peak.
long MemoryOf(const std::string& pid, const std::string& what) {
  std::ifstream status("/proc/" + pid + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(what)) {
      return std::atol(line.c_str() + what.size()) / 1024;
    }
  }
  return 0;
}

// Seconds until the process holds at most `most` MiB; -1: it never did.
int SecondsUntil(const std::string& pid, long most) {
  for (int second = 0; second <= kPatienceSeconds; ++second) {
    if (MemoryOf(pid, "VmRSS:") <= most) return second;
    absl::SleepFor(absl::Seconds(1));
  }
  return -1;
}

std::unique_ptr<Stub> Connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return std::make_unique<Stub>(grpc::CreateCustomChannel(
      target, grpc::InsecureChannelCredentials(), arguments));
}

int Run(const std::string& target, const std::string& pid, int count,
        int per_second, int hold_seconds) {
  std::atomic<int> stalled = 0;
  absl::BlockingCounter gone(count);
  std::vector<std::unique_ptr<Stub>> stubs;
  std::vector<std::unique_ptr<Reader>> readers;
  const long before = MemoryOf(pid, "VmRSS:");
  for (int i = 0; i < count; ++i) {
    if (i % kReadersPerConnection == 0) stubs.push_back(Connect(target));
    readers.push_back(std::make_unique<Reader>(*stubs.back(), stalled, gone));
    absl::SleepFor(absl::Seconds(1.0 / per_second));
  }
  for (int i = 0; i < kPatienceSeconds && stalled < count; ++i) {
    absl::SleepFor(absl::Seconds(1));
  }
  const int held = stalled;
  absl::SleepFor(absl::Seconds(hold_seconds));
  const long during = MemoryOf(pid, "VmRSS:");
  const long peak = MemoryOf(pid, "VmHWM:");
  for (auto& reader : readers) reader->Leave();
  gone.Wait();
  const int seconds = SecondsUntil(pid, before + before / 5);
  std::printf(
      "%d readers, %d of them got their first message and stalled: gateway's "
      "memory %ld MiB before, %ld MiB after %d s of stalling, peak %ld MiB, "
      "%ld MiB %s %d s after they left\n",
      count, held, before, during, hold_seconds, peak, MemoryOf(pid, "VmRSS:"),
      seconds < 0 ? "still" : "again",
      seconds < 0 ? kPatienceSeconds : seconds);
  return held == count && peak <= kMostMebibytes && seconds >= 0 ? 0 : 1;
}

}  // namespace
}  // namespace klarna

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr,
                 "usage: stalled_readers TARGET PID READERS PER_SECOND HOLD\n");
    return 2;
  }
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return klarna::Run(argv[1], argv[2], std::atoi(argv[3]), std::atoi(argv[4]),
                     std::atoi(argv[5]));
}

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
#include <utility>
#include <vector>

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
// What a reader's side takes in ahead of it.
constexpr int kWindowBytes = 64 << 10;
constexpr long kMostMebibytes = 512;
// Of what the readers took, one part in so many may stay.
constexpr long kKeptPart = 10;
constexpr int kPatienceSeconds = 60;

// How it goes with the readers. Thread-safe.
struct Crowd {
  std::atomic<int> stalled = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> left = 0;
};

class Reader final
    : public grpc::ClientBidiReactor<SubscribeRequest, SubscribeResponse> {
 public:
  Reader(Stub& stub, Crowd& crowd) : crowd_(crowd) {
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
    ++(ok ? crowd_.stalled : crowd_.refused);
  }
  void OnDone(const grpc::Status&) override { ++crowd_.left; }

 private:
  Crowd& crowd_;
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
  // Otherwise gRPC, seeing how fast it gets bytes, takes in the whole list
  // ahead of its reader, and the gateway has nothing left to hold.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kWindowBytes);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return std::make_unique<Stub>(grpc::CreateCustomChannel(
      target, grpc::InsecureChannelCredentials(), arguments));
}

// Readers who come one after the other until so many have stalled; for one that
// is refused comes another. Leave with the destructor.
class Readers {
 public:
  Readers(std::string target, int per_second)
      : target_(std::move(target)), pause_(absl::Seconds(1.0 / per_second)) {}
  ~Readers() {
    for (auto& reader : readers_) reader->Leave();
    while (crowd_.left < started()) absl::SleepFor(absl::Milliseconds(10));
  }

  void Gather(int count) {
    for (int seconds = 0; seconds < kPatienceSeconds; ++seconds) {
      while (started() - crowd_.refused < count) Start();
      if (crowd_.stalled >= count) return;
      absl::SleepFor(absl::Seconds(1));
    }
  }

  int stalled() const { return crowd_.stalled; }
  int refused() const { return crowd_.refused; }

 private:
  int started() const { return static_cast<int>(readers_.size()); }
  void Start() {
    if (started() % kReadersPerConnection == 0) {
      stubs_.push_back(Connect(target_));
    }
    readers_.push_back(std::make_unique<Reader>(*stubs_.back(), crowd_));
    absl::SleepFor(pause_);
  }

  const std::string target_;
  const absl::Duration pause_;
  Crowd crowd_;
  std::vector<std::unique_ptr<Stub>> stubs_;
  std::vector<std::unique_ptr<Reader>> readers_;
};

int Run(const std::string& target, const std::string& pid, int count,
        int per_second, int hold_seconds) {
  const long before = MemoryOf(pid, "VmRSS:");
  auto readers = std::make_unique<Readers>(target, per_second);
  readers->Gather(count);
  const int stalled = readers->stalled();
  const int refused = readers->refused();
  absl::SleepFor(absl::Seconds(hold_seconds));
  const long during = MemoryOf(pid, "VmRSS:");
  const long peak = MemoryOf(pid, "VmHWM:");
  readers.reset();
  const long most = before + (peak - before) / kKeptPart;
  const int seconds = SecondsUntil(pid, most);
  const bool good = stalled >= count && peak <= kMostMebibytes && seconds >= 0;
  std::printf(
      "method: readers at %d a second, each of a list of 5,000 transactions, "
      "who take one message and no more; %d KiB of window each\n"
      "stalled readers: %d of %d got their first message and stalled (%d were "
      "refused and came again); gateway's memory %ld MiB before, %ld MiB after "
      "%d s of stalling, peak %ld MiB; %ld MiB %d s after they left; goal: "
      "peak "
      "%ld MiB, %ld MiB %d s after: %s\n",
      per_second, kWindowBytes >> 10, stalled, count, refused, before, during,
      hold_seconds, peak, MemoryOf(pid, "VmRSS:"),
      seconds < 0 ? kPatienceSeconds : seconds, kMostMebibytes, most,
      kPatienceSeconds, good ? "reached" : "MISSED");
  return good ? 0 : 1;
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

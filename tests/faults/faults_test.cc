// SPDX-License-Identifier: Apache-2.0
//
// Every write at every fault, over gRPC to a gateway process and from there
// over TCP and TLS to simulated Klarnas behind wires that fail: what callers
// were told is held against the ledgers. The n-th round has each fault n times
// in a row:
//
//   KLARNA_ROUNDS=3 build/tests/faults/faults_test
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/empty.pb.h"
#include "klarna/gateway/v1/options.pb.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "service/auth/uuid.h"
#include "service/json/wire.h"
#include "tests/end_to_end/child_process.h"
#include "tests/end_to_end/gateway_under_test.h"
#include "tests/faults/lane.h"
#include "tests/testing/test_certificate.h"

namespace klarna::faults {
namespace {

using gateway::v1::Outcome;
using gateway::v1::Verdict;
// Keeps a message that it does not know.
using AnyMessage = google::protobuf::Empty;

constexpr int kLanes = 24;
constexpr int kMaxCalls = 6;
// The tour's order is none that is paid by invoice.
constexpr char kRefused[] = "order_management.extendDueDate";
// No route leads there: the address is refused like a name without one.
constexpr char kNowhere[] = "https://192.168.0.1";

int FromEnvironment(const char* name, int fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : std::atoi(value);
}

struct Cell {
  size_t request = 0;  // Of the tour.
  const WireFault* fault = nullptr;
  int times = 1;
};

struct CellResult {
  std::string operation;
  Verdict verdict = gateway::v1::VERDICT_UNSPECIFIED;
  rest::v1::Idempotency idempotency = rest::v1::IDEMPOTENCY_UNSPECIFIED;
  int effects = 0;
  int calls = 0;
  bool fault_met = false;
  std::string contradiction;  // Empty when all is well.
};

class FaultsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto routes = rest::RouteTable::Compile(rest::LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = std::move(*routes).release();
  }
  static void TearDownTestSuite() { delete routes_; }

  void SetUp() override {
    const auto certificate = testing::MakeTestCertificate("IP:127.0.0.1");
    const auto other = testing::MakeTestCertificate("IP:127.0.0.1");
    for (int i = 0; i < kLanes; ++i) {
      lanes_.push_back(std::make_unique<Lane>(certificate, other));
    }
    const std::string prefix =
        absl::StrCat(::testing::TempDir(), "/faults-", getpid());
    ca_file_ = prefix + ".pem";
    config_file_ = prefix + ".yaml";
    std::ofstream(ca_file_) << certificate.certificate;
    std::ofstream(config_file_) << Configuration();
    StartGateway();
  }
  void TearDown() override {
    unlink(ca_file_.c_str());
    unlink(config_file_.c_str());
  }

  static std::string Account(const std::string& name,
                             const std::string& merchant,
                             const std::string& url) {
    return absl::StrCat(
        "  - name: ", name, "\n    merchant_key: ", merchant,
        "\n    base_uri: ", url,
        "\n    credentials: {basic: {user: sandbox, password: {env: SECRET}}}"
        "\n    timeouts: {total: 1s}"
        "\n    domains: {shipping_service_callback: {credentials: "
        "{shipping_digest: {identifier: sandbox, key: {env: KEY}}}}}\n");
  }

  // An account for each lane, and one of the same merchant that leads nowhere.
  std::string Configuration() const {
    std::string text = "accounts:\n";
    for (int i = 0; i < kLanes; ++i) {
      const std::string merchant = absl::StrCat("lane-", i);
      text +=
          Account(merchant, merchant, lanes_[static_cast<size_t>(i)]->url());
      text += Account(absl::StrCat("nowhere-", i), merchant, kNowhere);
    }
    return absl::StrCat(text, "ca_file: ", ca_file_,
                        "\ndefault_account: lane-0"
                        "\nresume_tokens: {secrets: [{env: TOKENS}]}"
                        "\nlimits: {read_backoff: 1ms, read_backoff_max: 2ms}"
                        "\ndrain_wait: 0s\n");
  }

  void StartGateway() {
    gateway_ = std::make_unique<testing::ChildProcess>(
        std::vector<std::string>{KLARNA_GATEWAY_PROGRAM, "--config",
                                 config_file_, "--listen", "127.0.0.1:0"},
        std::vector<std::string>{"SECRET=sandbox", "KEY=sandbox-key",
                                 "TOKENS=0123456789abcdef0123456789abcdef"});
    const std::string line = gateway_->WaitForLine("\"listening\"");
    const size_t port = line.find("\"port\":");
    ASSERT_NE(port, std::string::npos) << line;
    channel_ = grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", std::atoi(line.c_str() + port + 7)),
        grpc::InsecureChannelCredentials());
  }

  std::vector<Cell> Cells(int rounds) const {
    std::vector<Cell> cells;
    for (int round = 1; round <= rounds; ++round) {
      for (const WireFault& fault : WireFaults()) {
        for (const size_t request : WriteRequests(*routes_)) {
          cells.push_back({request, &fault, round});
        }
      }
    }
    return cells;
  }

  static Outcome OutcomeOf(const testing::UnaryResult<AnyMessage>& result,
                           const simulation::WriteCall& call) {
    if (!result.status.ok()) {
      return testing::DetailOf<Outcome>(result.status);
    }
    Outcome outcome;
    const std::string message = result.response.SerializeAsString();
    json::WireReader reader(message);
    for (json::WireField field; reader.Next(field);) {
      const auto wanted = static_cast<uint32_t>(call.method->envelope.outcome);
      if (field.number == wanted) {
        outcome.ParseFromArray(field.bytes.data(),
                               static_cast<int>(field.bytes.size()));
      }
    }
    return outcome;
  }

  Outcome Call(const simulation::WriteCall& call, const std::string& request_id,
               const std::string& account) const {
    gateway::v1::CallOptions options;
    options.set_account(account);
    std::string bytes = call.Request(request_id);
    json::AppendLengthDelimited(
        static_cast<uint32_t>(call.method->envelope.options),
        options.SerializeAsString(), bytes);
    AnyMessage request;
    request.ParseFromString(bytes);
    return OutcomeOf(
        testing::Publish<AnyMessage>(channel_, call.route->service, request),
        call);
  }

  static std::string Contradiction(const Lane& lane, const Outcome& told) {
    const int effects = lane.effects();
    const auto idempotency = lane.call().route->idempotency;
    if (effects > 1 && idempotency != rest::v1::IDEMPOTENCY_ABSOLUTE) {
      return "happened twice";
    }
    if (lane.attempts() > told.attempts()) {
      return "more requests than attempts";
    }
    switch (told.verdict()) {
      case gateway::v1::VERDICT_APPLIED:
        return effects == 0 ? "told APPLIED, did not happen" : "";
      case gateway::v1::VERDICT_REJECTED:
        return effects > 0 ? "told REJECTED, happened" : "";
      case gateway::v1::VERDICT_NOT_SENT:
        return effects > 0 ? "told NOT_SENT, happened" : "";
      case gateway::v1::VERDICT_UNKNOWN:
        return "";
      default:
        return "told nothing";
    }
  }

  // One change by a caller who calls again for as long as it is not settled.
  CellResult Run(const Cell& cell, int lane_number) {
    Lane& lane = *lanes_[static_cast<size_t>(lane_number)];
    lane.Begin(cell.request, *routes_, *cell.fault, cell.times);
    const std::string request_id = auth::TimeUuid(clock_.WallNow(), random_);
    CellResult result;
    result.operation = lane.call().sandbox_operation;
    result.idempotency = lane.call().route->idempotency;
    while (result.calls < kMaxCalls && result.contradiction.empty()) {
      const bool nowhere =
          cell.fault->way == Way::kUnresolved && result.calls < cell.times;
      const Outcome told =
          Call(lane.call(), request_id,
               absl::StrCat(nowhere ? "nowhere-" : "lane-", lane_number));
      if (++result.calls == cell.times) lane.Heal();
      result.verdict = told.verdict();
      result.contradiction = Contradiction(lane, told);
      if (result.verdict != gateway::v1::VERDICT_NOT_SENT &&
          result.verdict != gateway::v1::VERDICT_UNKNOWN) {
        break;
      }
    }
    lane.Heal();
    result.effects = lane.effects();
    result.fault_met = lane.fault_met();
    return result;
  }

  std::vector<CellResult> RunAll(const std::vector<Cell>& cells) {
    std::vector<CellResult> results(cells.size());
    std::atomic<size_t> next = 0;
    std::vector<std::thread> callers;
    for (int lane = 0; lane < kLanes; ++lane) {
      callers.emplace_back([&, lane] {
        // The shipping integrator's token is fetched by a call without a fault.
        Run({WriteRequests(*routes_).back(), &WireFaults().front()}, lane);
        for (size_t i; (i = next++) < cells.size();) {
          // On a slow machine an attempt may be lost before it meets its fault.
          for (int tries = 0; tries < 3 && !results[i].fault_met; ++tries) {
            results[i] = Run(cells[i], lane);
            if (!results[i].contradiction.empty()) break;
          }
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    return results;
  }

  static inline const rest::RouteTable* routes_ = nullptr;
  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::string ca_file_;
  std::string config_file_;
  std::unique_ptr<testing::ChildProcess> gateway_;
  std::shared_ptr<grpc::Channel> channel_;
};

void PrintByFault(const std::vector<Cell>& cells,
                  const std::vector<CellResult>& results) {
  std::map<const WireFault*, std::map<Verdict, int>> verdicts;
  for (size_t i = 0; i < cells.size(); ++i) {
    ++verdicts[cells[i].fault][results[i].verdict];
  }
  std::printf("%-44s applied rejected not sent unknown\n", "fault");
  for (const WireFault& fault : WireFaults()) {
    auto& of_fault = verdicts[&fault];
    std::printf("%-44s %7d %8d %8d %7d\n", fault.name.c_str(),
                of_fault[gateway::v1::VERDICT_APPLIED],
                of_fault[gateway::v1::VERDICT_REJECTED],
                of_fault[gateway::v1::VERDICT_NOT_SENT],
                of_fault[gateway::v1::VERDICT_UNKNOWN]);
  }
}

TEST_F(FaultsTest, WhatCallersAreToldIsWhatHappened) {
  const std::vector<Cell> cells = Cells(FromEnvironment("KLARNA_ROUNDS", 1));
  const std::vector<CellResult> results = RunAll(cells);
  PrintByFault(cells, results);
  int contradictions = 0, unknown_keyed = 0, not_met = 0, calls = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    const CellResult& result = results[i];
    const std::string text =
        absl::StrCat(result.operation, ": ", cells[i].fault->name, ", ",
                     result.effects, " effects, ", result.calls, " calls");
    calls += result.calls;
    if (!result.contradiction.empty()) {
      ++contradictions;
      ADD_FAILURE() << text << ": " << result.contradiction;
    }
    if (!result.fault_met) {
      ++not_met;
      ADD_FAILURE() << text << ": the fault was not met";
    }
    // The fault has passed, so the key settles it. A refusal that follows an
    // unknown attempt proves nothing.
    if (result.idempotency == rest::v1::IDEMPOTENCY_KEYED &&
        result.verdict == gateway::v1::VERDICT_UNKNOWN &&
        result.operation != kRefused) {
      ++unknown_keyed;
      ADD_FAILURE() << text << ": unknown though it has a key";
    }
  }
  std::printf(
      "faults: %zu cells, %zu writes at %zu faults over TLS, %d calls; %d "
      "contradictions, %d keyed writes unknown, %d faults not met\n",
      cells.size(), WriteRequests(*routes_).size(), WireFaults().size(), calls,
      contradictions, unknown_keyed, not_met);
}

}  // namespace
}  // namespace klarna::faults

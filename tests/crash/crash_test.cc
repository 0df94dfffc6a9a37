// SPDX-License-Identifier: Apache-2.0
//
// A gateway is killed at every point of every write, and its caller asks for
// the same with the same request_id: another one that was there before, or the
// one that is started in its place. Neither remembers anything; but only the
// second knows that it cannot.
// More seeds, each with other moments behind the points:
//
//   KLARNA_SEEDS=20 build/tests/crash/crash_test
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/auth/uuid.h"
#include "service/runtime/system_clock.h"
#include "tests/crash/crash_point.h"
#include "tests/faults/gateway_process.h"
#include "tests/faults/lanes.h"
#include "tests/faults/told.h"

namespace klarna::crash {
namespace {

using faults::Cut;
using faults::GatewayProcess;
using faults::Told;
using faults::WireFault;
using gateway::v1::Verdict;
using testing::Ending;
using testing::ReadUntil;

constexpr int kLanes = 8;
constexpr int kMaxCalls = 4;
// The tour's order is none that is paid by invoice.
constexpr char kRefused[] = "order_management.extendDueDate";

// Where the gateway is killed: by itself, or, where `wire` is met, from without
// while the wire stays silent, or once its caller has the reply.
struct Point {
  const char* name;
  const char* own = kNever;
  WireFault wire = {.name = "none", .executed = true};
  bool when_replied = false;
  // Whether any moment up to a millisecond or two behind will do.
  bool and_after = false;
};

WireFault Silence(bool executed, Cut cut) {
  return {.name = "silence",
          .executed = executed,
          .cut = cut,
          .ending = Ending::kSilence};
}

const std::vector<Point>& Points() {
  static const auto* points = new std::vector<Point>{
      {.name = "the intent is claimed", .own = kClaimed},
      {.name = "connecting",
       .wire = {.name = "no handshake", .welcome = testing::Welcome::kSilence}},
      {.name = "the first line is sent",
       .wire = {.name = "first line",
                .read = ReadUntil::kFirstLine,
                .cut = Cut::kBeforeAll,
                .ending = Ending::kSilence}},
      {.name = "all is sent", .wire = Silence(false, Cut::kBeforeAll)},
      {.name = "it is executed", .wire = Silence(true, Cut::kBeforeAll)},
      {.name = "the status line begins",
       .wire = Silence(true, Cut::kStatusLine)},
      {.name = "the head is there", .wire = Silence(true, Cut::kHead)},
      {.name = "in the body", .wire = Silence(true, Cut::kBody)},
      {.name = "while it is answered", .own = kClaimed, .and_after = true},
      {.name = "the answer is whole", .own = kAnswered},
      {.name = "before the memory knows", .own = kBeforeSettled},
      {.name = "the memory knows", .own = kSettled},
      {.name = "the reply is ready", .own = kReplying},
      {.name = "while it replies", .own = kReplying, .and_after = true},
      {.name = "it has replied", .when_replied = true},
  };
  return *points;
}

struct Cell {
  size_t request = 0;  // Of the tour.
  const Point* point = nullptr;
  uint64_t seed = 0;
};

struct CellResult {
  std::string operation;
  rest::v1::Idempotency idempotency = rest::v1::IDEMPOTENCY_UNSPECIFIED;
  Verdict verdict = gateway::v1::VERDICT_UNSPECIFIED;
  int effects = 0;
  bool killed = false;
  std::string contradiction = {};
};

int FromEnvironment(const char* name, int fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : std::atoi(value);
}

class CrashTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto routes = rest::RouteTable::Compile(rest::LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = std::move(*routes).release();
  }
  static void TearDownTestSuite() { delete routes_; }

  std::unique_ptr<GatewayProcess> Start(const std::string& point,
                                        int microseconds) const {
    return std::make_unique<GatewayProcess>(
        std::vector<std::string>{KLARNA_CRASHING_GATEWAY, lanes_.config_file(),
                                 point, std::to_string(microseconds)},
        faults::Lanes::Environment(), "port ", "port ");
  }

  // One change by a caller whose gateway dies and who then turns to `next`, or,
  // if that is null, to a gateway that is started in its place.
  CellResult Run(const Cell& cell, int lane_number, GatewayProcess* next) {
    std::mt19937_64 random(cell.seed);
    const Point& point = *cell.point;
    faults::Lane& lane = lanes_[lane_number];
    const bool on_wire = point.wire.ending == Ending::kSilence ||
                         point.wire.welcome == testing::Welcome::kSilence;
    lane.Begin(cell.request, *routes_, point.wire, on_wire ? 1 : 0);
    const std::string account = absl::StrCat("lane-", lane_number);
    const auto gateway = Start(
        point.own, point.and_after ? static_cast<int>(random() % 4000) : 0);
    const std::string request_id = auth::TimeUuid(clock_.WallNow(), random_);

    Told told;
    std::thread caller([&] {
      told = faults::Ask(gateway->channel(), lane.call(), request_id, account);
    });
    CellResult result{.operation = lane.call().sandbox_operation,
                      .idempotency = lane.call().route->idempotency};
    if (on_wire) {
      result.killed = lane.WaitUntilMet(absl::Seconds(20));
      // Any moment will do: what was written before the silence has arrived
      // by then, or some of it.
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
      gateway->process().Stop(SIGKILL);
    }
    caller.join();
    if (!on_wire) {
      // It has ended itself, unless it was to reply.
      const bool replied = told.outcome.verdict() != 0;
      if (point.when_replied || point.and_after) {
        gateway->process().Stop(SIGKILL);
        result.killed = true;
      } else {
        result.killed = !replied;
      }
    }
    std::unique_ptr<GatewayProcess> started;
    if (next == nullptr) {
      started = Start(kNever, 0);
      next = started.get();
    }
    // What has neither key nor state is sent again after a minute only.
    const bool by_reads = result.idempotency == rest::v1::IDEMPOTENCY_READ_BACK;
    for (int call = 0; call < (by_reads ? 1 : kMaxCalls); ++call) {
      told = faults::Ask(next->channel(), lane.call(), request_id, account);
      result.contradiction = faults::Contradiction(lane, told.outcome);
      if (told.settled() || !result.contradiction.empty()) break;
    }
    result.verdict = told.outcome.verdict();
    result.effects = lane.effects();
    return result;
  }

  std::vector<Cell> Cells(int seeds) const {
    std::vector<Cell> cells;
    for (int seed = 1; seed <= seeds; ++seed) {
      for (const Point& point : Points()) {
        for (const size_t request : faults::WriteRequests(*routes_)) {
          cells.push_back({request, &point, cells.size()});
        }
      }
    }
    return cells;
  }

  enum class TurnTo { kAnother, kTheRestarted };

  std::vector<CellResult> RunAll(const std::vector<Cell>& cells, TurnTo to) {
    std::vector<CellResult> results(cells.size());
    std::atomic<size_t> next = 0;
    std::vector<std::thread> callers;
    callers.reserve(kLanes);
    for (int lane = 0; lane < kLanes; ++lane) {
      callers.emplace_back([&, lane] {
        const auto survivor =
            to == TurnTo::kAnother ? Start(kNever, 0) : nullptr;
        for (size_t i; (i = next++) < cells.size();) {
          results[i] = Run(cells[i], lane, survivor.get());
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    return results;
  }

  static inline const rest::RouteTable* routes_ = nullptr;
  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  faults::Lanes lanes_{kLanes, "    request_logging: headers\n"};
};

void Print(const std::string& what, const std::vector<CellResult>& results) {
  struct Figures {
    int kills = 0, none = 0, once = 0, twice = 0, wrong = 0;
    std::map<Verdict, int> verdicts;
  };
  std::map<rest::v1::Idempotency, Figures> by_class;
  for (const CellResult& result : results) {
    Figures& figures = by_class[result.idempotency];
    figures.kills += result.killed;
    figures.none += result.effects == 0;
    figures.once += result.effects == 1;
    figures.twice += result.effects > 1;
    figures.wrong += !result.contradiction.empty();
    ++figures.verdicts[result.verdict];
  }
  for (auto& [idempotency, figures] : by_class) {
    std::printf(
        "crash, %s: %s: %d kills; %d without effect, %d once, %d more often; "
        "%d applied, %d rejected, %d unknown; %d contradictions\n",
        what.c_str(), rest::v1::Idempotency_Name(idempotency).c_str(),
        figures.kills, figures.none, figures.once, figures.twice,
        figures.verdicts[gateway::v1::VERDICT_APPLIED],
        figures.verdicts[gateway::v1::VERDICT_REJECTED],
        figures.verdicts[gateway::v1::VERDICT_UNKNOWN], figures.wrong);
  }
}

std::string Describe(const Cell& cell, const CellResult& result) {
  return absl::StrCat(result.operation, ", seed ", cell.seed, ": killed when ",
                      cell.point->name);
}

void ExpectOneEffect(const Cell& cell, const CellResult& result) {
  const std::string text = Describe(cell, result);
  EXPECT_EQ(result.contradiction, "") << text;
  const bool refused = result.operation == kRefused;
  EXPECT_EQ(result.effects, refused ? 0 : 1) << text;
  EXPECT_EQ(result.verdict, refused ? gateway::v1::VERDICT_REJECTED
                                    : gateway::v1::VERDICT_APPLIED)
      << text;
}

// Klarna remembers its key, so that it need not be known to have been sent.
TEST_F(CrashTest, AKeyedChangeHappensOnceWhereverItsGatewayIsKilled) {
  const std::vector<Cell> cells = Cells(FromEnvironment("KLARNA_SEEDS", 1));
  const std::vector<CellResult> results = RunAll(cells, TurnTo::kAnother);
  for (size_t i = 0; i < cells.size(); ++i) {
    EXPECT_TRUE(results[i].killed) << Describe(cells[i], results[i]);
    if (results[i].idempotency == rest::v1::IDEMPOTENCY_KEYED) {
      ExpectOneEffect(cells[i], results[i]);
    }
    // Read before it is told to be refused, though its id is fresh.
    if (results[i].idempotency == rest::v1::IDEMPOTENCY_READ_BACK) {
      EXPECT_EQ(results[i].contradiction, "") << Describe(cells[i], results[i]);
    }
  }
  std::printf("crash: %zu kills, %zu writes at %zu points\n", cells.size(),
              faults::WriteRequests(*routes_).size(), Points().size());
  Print("another", results);
}

TEST_F(CrashTest, NoChangeIsDoneTwiceOrDeniedByTheRestartedGateway) {
  const std::vector<Cell> cells = Cells(FromEnvironment("KLARNA_SEEDS", 1));
  const std::vector<CellResult> results = RunAll(cells, TurnTo::kTheRestarted);
  for (size_t i = 0; i < cells.size(); ++i) {
    const CellResult& result = results[i];
    EXPECT_TRUE(result.killed) << Describe(cells[i], result);
    if (result.idempotency == rest::v1::IDEMPOTENCY_KEYED) {
      ExpectOneEffect(cells[i], result);
      continue;
    }
    EXPECT_EQ(result.contradiction, "") << Describe(cells[i], result);
    if (result.idempotency != rest::v1::IDEMPOTENCY_ABSOLUTE) {
      EXPECT_LE(result.effects, 1) << Describe(cells[i], result);
    }
  }
  Print("restarted", results);
}

}  // namespace
}  // namespace klarna::crash

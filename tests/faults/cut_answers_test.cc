// SPDX-License-Identifier: Apache-2.0
//
// Answers that end after any of their bytes, on a socket: recorded ones, and
// the simulated Klarna's own. A read never succeeds with a part of an answer; a
// change is never said to have been made, or refused, by one. The engine with
// its HTTP; gRPC would see no byte of it. All recorded answers instead of some:
//
//   KLARNA_EXCHANGES=1000 build/tests/faults/cut_answers_test
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "klarna/gateway/v1/batch.pb.h"
#include "service/auth/uuid.h"
#include "service/json/wire.h"
#include "tests/faults/loop_server.h"
#include "tests/faults/socket_engine.h"
#include "tests/faults/wire_fault.h"
#include "tests/lossless/fixture.h"
#include "tests/lossless/operation.h"
#include "tests/service/sandbox/tour.h"
#include "tests/service/sandbox/world.h"
#include "tests/testing/notification.h"

namespace klarna::faults {
namespace {

using lossless::Operation;
using Place = rest::Binding::Place;

// Longer ones repeat themselves.
constexpr size_t kLongestBody = 1500;

int FromEnvironment(const char* name, int fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : std::atoi(value);
}

struct Exchange {
  std::string name;
  const Operation* operation = nullptr;
  sandbox::Answer answer = {};

  bool change() const {
    return operation->route->idempotency != rest::v1::IDEMPOTENCY_UNSPECIFIED;
  }
};

struct FramedAnswer {
  std::string bytes;
  size_t head = 0;
  // From here on nothing is missing.
  size_t whole = 0;
};

FramedAnswer Frame(const sandbox::Answer& answer, Framing framing) {
  // No framing gives these a body.
  if (answer.status == 204) framing = Framing::kLength;
  const WireFault shape{.name = "whole", .executed = true, .framing = framing};
  FramedAnswer framed{.bytes = WireBytes(shape, answer)};
  framed.head = framed.bytes.find("\r\n\r\n") + 4;
  framed.whole = framed.bytes.size();
  // libcurl does without the very last byte, which belongs to no chunk.
  if (framing == Framing::kChunked) --framed.whole;
  return framed;
}

class CutAnswersTest : public ::testing::TestWithParam<Framing> {
 protected:
  void SetUp() override {
    routes_ = rest::RouteTable::Compile(rest::LinkedServices()).value();
    operations_ = lossless::AllOperations(*routes_);
  }

  // The least that the operation can be asked with; the upstream does not look.
  std::string Request(const Exchange& exchange, const rest::Method& method) {
    const rest::Route& route = *exchange.operation->route;
    std::string operation;
    for (const rest::Binding& binding : route.bindings) {
      const auto number = static_cast<uint32_t>(binding.field);
      if (binding.place == Place::kPath) {
        json::AppendLengthDelimited(number, "x", operation);
      } else if (binding.file) {
        gateway::v1::Content file;
        file.set_filename("a.pdf");
        json::AppendLengthDelimited(number, file.SerializeAsString(),
                                    operation);
      } else if (binding.place == Place::kBody) {
        json::AppendLengthDelimited(number, "", operation);
      }
    }
    std::string request;
    json::AppendLengthDelimited(static_cast<uint32_t>(route.field), operation,
                                request);
    if (exchange.change()) {
      json::AppendLengthDelimited(
          static_cast<uint32_t>(method.envelope.request_id), request_id_,
          request);
    }
    return request;
  }

  const rest::Method& MethodOf(const Exchange& exchange) const {
    return *routes_->Find(exchange.operation->route->service,
                          exchange.change() ? "Publish" : "Subscribe");
  }

  // What is wrong with the reply to an answer of which `size` bytes came.
  static std::string Wrong(const Exchange& exchange, const FramedAnswer& framed,
                           size_t size, const Reply& reply) {
    if (reply.status.ok()) return "a part of an answer succeeded";
    if (!exchange.change()) return "";
    const auto verdict = reply.outcome().verdict();
    // Only the head of a refusal matters where the end of its body cannot be
    // told.
    const bool head_alone = GetParam() == Framing::kNone && size >= framed.head;
    if (verdict == gateway::v1::VERDICT_REJECTED && head_alone) return "";
    return verdict == gateway::v1::VERDICT_UNKNOWN
               ? ""
               : gateway::v1::Verdict_Name(verdict);
  }

  // The reply to each beginning of the answer, the shortest first, and to all
  // of it. Heads are cut once, not for each framing.
  std::vector<Reply> RepliesToBeginnings(const Exchange& exchange,
                                         const FramedAnswer& framed,
                                         size_t first) {
    const rest::Method& method = MethodOf(exchange);
    const std::string request = Request(exchange, method);
    std::vector<Reply> replies;
    SocketEngine engine({.attempts = 1, .backoff = absl::Milliseconds(1)});
    LoopServer server(engine.loop(), [&](std::string_view) {
      return LoopServer::Answer{framed.bytes.substr(0, first + replies.size()),
                                /*close=*/true};
    });
    engine.UseUpstream(server.url());
    testing::Notification finished;
    std::function<void()> next = [&] {
      engine.ForgetIntents();
      engine.Call(method, request, [&](Reply reply) {
        replies.push_back(std::move(reply));
        if (first + replies.size() > framed.bytes.size()) {
          finished.Notify();
        } else {
          engine.loop().Post(next);
        }
      });
    };
    engine.loop().Post(next);
    engine.Start();
    finished.Wait();
    engine.Stop();
    return replies;
  }

  void CutEverywhere(const Exchange& exchange) {
    const FramedAnswer framed = Frame(exchange.answer, GetParam());
    const size_t first = GetParam() == Framing::kLength ? 0 : framed.head;
    const std::vector<Reply> replies =
        RepliesToBeginnings(exchange, framed, first);
    for (size_t i = 0; first + i < framed.whole; ++i) {
      const std::string wrong = Wrong(exchange, framed, first + i, replies[i]);
      EXPECT_EQ(wrong, "") << exchange.name << ", cut after " << first + i
                           << " of " << framed.bytes.size()
                           << " bytes: " << replies[i].status.message();
      if (!wrong.empty()) break;  // One of an exchange is enough.
    }
    cuts_ += replies.size() - 1;
    ++exchanges_;
    succeeded_ += replies.back().status.ok();
  }

  std::unique_ptr<const rest::RouteTable> routes_;
  std::vector<Operation> operations_;
  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  // As from a caller whose clock is ahead, so that no call of the test is taken
  // for a later try.
  const std::string request_id_ =
      auth::TimeUuid(clock_.WallNow() + absl::Minutes(4), random_);
  int exchanges_ = 0;
  int succeeded_ = 0;  // When the answer was whole.
  size_t cuts_ = 0;
};

TEST_P(CutAnswersTest, NoPartOfARecordedAnswerIsTakenForTheWhole) {
  const auto folder = lossless::FixturesFolder();
  if (!folder) {
    GTEST_SKIP() << "There are no fixtures. Set KLARNA_FACTS to the folder "
                    "that holds fixtures/.";
  }
  std::vector<Exchange> exchanges;
  for (const lossless::Fixture& fixture : lossless::LoadFixtures(*folder)) {
    Exchange exchange{.name = fixture.name};
    exchange.operation =
        lossless::FindOperation(operations_, fixture.method, fixture.path);
    if (exchange.operation == nullptr || fixture.status == 0) continue;
    if (fixture.response_body.text.size() > kLongestBody) continue;
    exchange.answer.status = fixture.status;
    for (const auto& [name, value] : fixture.response_headers) {
      exchange.answer.headers.push_back({name, value});
    }
    exchange.answer.body = fixture.response_body.text;
    exchanges.push_back(std::move(exchange));
  }
  const auto wanted =
      static_cast<size_t>(FromEnvironment("KLARNA_EXCHANGES", 24));
  const size_t step = std::max<size_t>(1, exchanges.size() / wanted);
  for (size_t i = 0; i < exchanges.size(); i += step) {
    CutEverywhere(exchanges[i]);
  }
  std::printf("cut: %d recorded answers, %d of them successes, at %zu places\n",
              exchanges_, succeeded_, cuts_);
  EXPECT_GE(exchanges_, 20);
  EXPECT_GE(succeeded_, 10);
}

TEST_P(CutAnswersTest, NoPartOfASimulatedAnswerIsTakenForTheWhole) {
  sandbox::SandboxOptions options;
  options.payouts = 1;
  options.transactions = 1;
  sandbox::World world(options);
  const sandbox::Tour tour(world);
  for (const sandbox::Request& request : tour.requests()) {
    Exchange exchange{.name = request.path};
    exchange.operation =
        lossless::FindOperation(operations_, request.method, request.path);
    exchange.answer =
        world.Send(request.method, request.path, request.body, request.headers);
    if (exchange.operation == nullptr || !exchange.change()) continue;
    CutEverywhere(exchange);
  }
  std::printf(
      "cut: %d simulated answers, %d of them successes, at %zu places\n",
      exchanges_, succeeded_, cuts_);
  EXPECT_EQ(exchanges_, 38);
  EXPECT_EQ(succeeded_, 37);
}

INSTANTIATE_TEST_SUITE_P(Framings, CutAnswersTest,
                         ::testing::Values(Framing::kLength, Framing::kChunked,
                                           Framing::kNone),
                         [](const auto& tested) {
                           switch (tested.param) {
                             case Framing::kLength:
                               return "ByLength";
                             case Framing::kChunked:
                               return "InChunks";
                             default:
                               return "UpToTheClose";
                           }
                         });

}  // namespace
}  // namespace klarna::faults

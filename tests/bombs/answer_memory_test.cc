// SPDX-License-Identifier: Apache-2.0
//
// An answer of 8 MiB, which is the longest that is taken, makes the gateway
// allocate at most 24 MiB, itself included, whatever it holds; and next to
// nothing stays of it while the reader stalls.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "service/auth/credentials.h"
#include "service/gateway/subscribe.h"
#include "service/rest/route.h"
#include "service/upstream/gate.h"
#include "tests/bombs/counted_memory.h"
#include "tests/bombs/shapes.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::bombs {
namespace {

constexpr size_t kAnswer = (size_t{8} << 20) - 4096;
constexpr size_t kMost = size_t{24} << 20;
// The window of messages, the client and the breaker's state.
constexpr size_t kMostOfAStall = size_t{192} << 10;

// Answers every request with `body`, a piece at a time as a socket does, and
// holds none of it.
class BombTransport final : public http::HttpTransport {
 public:
  BombTransport(runtime::Executor& executor, std::string_view body)
      : executor_(executor), body_(body) {}

  std::unique_ptr<http::Transfer> Start(http::HttpRequest,
                                        http::ResponseSink& sink) override {
    return std::make_unique<BombTransfer>(executor_, body_, sink);
  }

 private:
  class BombTransfer final : public http::Transfer {
   public:
    BombTransfer(runtime::Executor& executor, std::string_view body,
                 http::ResponseSink& sink)
        : executor_(executor), body_(body), sink_(sink) {
      executor_.Post([this, alive = std::weak_ptr<int>(alive_)] {
        if (!alive.expired()) Deliver();
      });
    }

    void Resume() override {}

   private:
    void Deliver() {
      sink_.OnHead({.status = 200});
      constexpr size_t kPiece = 16 << 10;
      for (; !body_.empty();
           body_.remove_prefix(std::min(kPiece, body_.size()))) {
        sink_.OnBody(body_.substr(0, kPiece));
      }
      sink_.OnDone({.request_sent = true, .framed = true});
    }

    runtime::Executor& executor_;
    std::string_view body_;
    http::ResponseSink& sink_;
    const std::shared_ptr<int> alive_ = std::make_shared<int>();
  };

  runtime::Executor& executor_;
  const std::string_view body_;
};

// Takes each message at once and keeps none; or stalls, and leaves what it is
// given where it is.
class Reader final : public gateway::ResponseStream {
 public:
  Reader(testing::ManualExecutor& executor, bool stalls)
      : executor_(executor), stalls_(stalls) {}

  void ReadFor(gateway::SubscribeCall& call) { call_ = &call; }
  void Write(std::string message) override {
    if (stalls_) {
      waiting_.push_back(std::move(message));
      return;
    }
    auto kept = std::make_shared<std::string>(std::move(message));
    executor_.Post([this, kept] { call_->OnTaken(1); });
  }
  void Finish(const absl::Status&) override { finished_ = true; }
  bool finished() const { return finished_; }

 private:
  testing::ManualExecutor& executor_;
  const bool stalls_;
  std::vector<std::string> waiting_;
  gateway::SubscribeCall* call_ = nullptr;
  bool finished_ = false;
};

// The engine on such a transport.
class AnswerMemoryTest : public ::testing::Test {
 protected:
  AnswerMemoryTest() {
    config::Account account;
    account.name = "shop";
    account.merchant_key = "M1";
    account.endpoint = {.base_uri = "https://api.klarna.example",
                        .credentials = std::make_shared<auth::BasicCredentials>(
                            "shop", auth::Secret("password"))};
    config_.default_account_name = account.name;
    config_.accounts.push_back(std::move(account));
  }

  static const rest::RouteTable& Routes() {
    static const rest::RouteTable* const routes =
        rest::RouteTable::Compile(rest::LinkedServices()).value().release();
    return *routes;
  }

  // A call whose upstream answers with `body`.
  struct Call {
    Call(AnswerMemoryTest& test, const char* service,
         const std::string& request, std::string_view body, bool stalls)
        : transport(test.executor_, body),
          client(test.executor_, transport, gate, test.random_, test.log_,
                 {.attempts = 1}),
          reader(test.executor_, stalls),
          call({test.executor_, client, test.config_, test.tokens_,
                test.budget_, test.intents_, test.random_, test.log_},
               *Routes().Find(service, "Subscribe"), {}, request, reader) {
      reader.ReadFor(call);
      call.Start();
      test.executor_.RunUntilIdle();
    }

    BombTransport transport;
    upstream::Gate gate{config::Limits()};
    upstream::Client client;
    Reader reader;
    gateway::SubscribeCall call;
  };

  void ExpectBounded(const char* service, const std::string& request,
                     const Bomb& bomb) {
    ResetPeak();
    const size_t before = AllocatedBytes();
    {
      const Call call(*this, service, request, bomb.json, /*stalls=*/false);
      EXPECT_TRUE(call.reader.finished()) << bomb.name;
    }
    const size_t extra = PeakBytes() - before;
    EXPECT_LE(extra, kMost) << bomb.name;
    if (extra > worst_)
      std::printf("%zu KiB: %s\n", extra >> 10, bomb.name.c_str());
    worst_ = std::max(worst_, extra);
  }

  testing::ManualExecutor executor_;

 private:
  testing::CountingRandom random_;
  testing::RecordedLog log_;
  config::Config config_;
  gateway::ResumeTokens tokens_{
      {auth::Secret("0123456789abcdef0123456789abcdef")},
      absl::Hours(24),
      executor_.clock()};
  gateway::PageBudget budget_{int64_t{1} << 30};
  gateway::LocalIntentMemory intents_{10, executor_.clock(),
                                      absl::ZeroDuration()};
  size_t worst_ = 0;
};

TEST_F(AnswerMemoryTest, OfAnEntity) {
  order_management::v1::SubscribeRequest request;
  request.mutable_get_order()->set_order_id("1");
  for (const Bomb& bomb :
       Bombs(*Routes().schema().Find(order_management::v1::Order::descriptor()),
             kAnswer)) {
    ExpectBounded("klarna.order_management.v1.OrderManagementService",
                  request.SerializeAsString(), bomb);
  }
}

TEST_F(AnswerMemoryTest, OfAPage) {
  using settlements::v1::TransactionCollection;
  settlements::v1::SubscribeRequest request;
  request.mutable_list_transactions();
  request.mutable_paging()->set_single_page(true);
  const json::Field& items =
      *Routes()
           .schema()
           .Find(TransactionCollection::descriptor())
           ->FindByNumber(TransactionCollection::kTransactionsFieldNumber);
  for (const Bomb& bomb : PageBombs(items, kAnswer)) {
    ExpectBounded("klarna.settlements.v1.SettlementsService",
                  request.SerializeAsString(), bomb);
  }
}

// Ten thousand of them are to fit into 512 MiB.
TEST_F(AnswerMemoryTest, OfAPageWhoseReaderStalls) {
  settlements::v1::SubscribeRequest request;
  request.mutable_list_transactions();
  const std::string item =
      absl::StrCat(R"({"capture_id":")", std::string(1000, 'a'), R"("})");
  std::string body = R"({"transactions":[)" + item;
  while (body.size() < kAnswer - item.size()) absl::StrAppend(&body, ",", item);
  body += "]}";
  Routes();  // Compiled by the first who asks.
  const size_t before = AllocatedBytes();
  const Call call(*this, "klarna.settlements.v1.SettlementsService",
                  request.SerializeAsString(), body, /*stalls=*/true);
  EXPECT_GT(AllocatedBytes() - before, kMostOfAStall) << "it is there at first";
  executor_.Advance(config::Limits().stall_give_up);
  EXPECT_FALSE(call.reader.finished());
  EXPECT_LE(AllocatedBytes() - before, kMostOfAStall);
}

}  // namespace
}  // namespace klarna::bombs

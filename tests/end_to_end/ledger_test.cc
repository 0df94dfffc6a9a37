// SPDX-License-Identifier: Apache-2.0
//
// Captures at random faults, over sockets: what callers were told is held
// against the simulated Klarna's ledger. 2,000 captures by default; another
// number, and another seed, by
//
//   KLARNA_CAPTURES=100000 KLARNA_SEED=7 build/tests/end_to_end/ledger_test
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "klarna/order_management/v1/order_management_service.pb.h"
#include "klarna/payments/v1/payments_service.pb.h"
#include "service/auth/uuid.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::testing {
namespace {

namespace om = ::klarna::order_management::v1;
namespace payments = ::klarna::payments::v1;
using gateway::v1::Outcome;
using gateway::v1::Verdict;

constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
constexpr char kPayments[] = "klarna.payments.v1.PaymentsService";
constexpr char kCapture[] = "order_management.captureOrder";
constexpr int kCallers = 16;
constexpr int kMaxCalls = 20;  // Of one capture.

int FromEnvironment(const char* name, int fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : std::atoi(value);
}

// What went wrong with one attempt, drawn at random. Every kind says by itself
// whether Klarna executed the capture.
sandbox::Fault RandomFault(std::mt19937_64& random) {
  using sandbox::Delivery;
  sandbox::Fault fault;
  fault.operation = kCapture;
  fault.executed = random() % 2 == 0;
  switch (random() % 6) {
    case 0:
      fault.delivery = Delivery::kReset;
      break;
    case 1:
      fault.delivery = Delivery::kNone;
      break;
    case 2:
      fault.status = 500;
      break;
    case 3:
      fault.status = 503;
      break;
    case 4:
      fault.status = 504;
      fault.body = sandbox::BodyFault::kHtml;
      break;
    case 5:
      fault.executed = false;
      fault.status = 429;
      break;
  }
  return fault;
}

struct Told {
  Verdict verdict = gateway::v1::VERDICT_UNSPECIFIED;
  std::string key;
  std::string capture_id;
  int calls = 0;
};

class LedgerTest : public ::testing::Test {
 protected:
  std::string NewRequestId() {
    return auth::TimeUuid(clock_.WallNow(), random_);
  }

  payments::PublishResponse Pay(payments::PublishRequest request) {
    request.set_request_id(NewRequestId());
    const auto result = Publish<payments::PublishResponse>(gateway_.channel(),
                                                           kPayments, request);
    EXPECT_TRUE(result.status.ok()) << result.status.error_message();
    return result.response;
  }

  template <typename Order>
  static void FillOrder(int64_t amount, Order& order) {
    order.set_purchase_country("SE");
    order.set_purchase_currency("SEK");
    order.set_locale("sv-SE");
    order.set_order_amount(amount);
    order.set_order_tax_amount(0);
    auto& line = *order.add_order_lines();
    line.set_name("Gift card");
    line.set_quantity(1);
    line.set_unit_price(amount);
    line.set_tax_rate(0);
    line.set_total_amount(amount);
    line.set_total_tax_amount(0);
  }

  // An order of a shopper who pays, from the session on.
  std::string PlaceOrder(int64_t amount) {
    payments::PublishRequest create_session;
    FillOrder(amount,
              *create_session.mutable_create_session()->mutable_session());
    const std::string session =
        Pay(create_session).created_session().session_id();
    std::string token;
    sandbox_->With([&](sandbox::Klarna& klarna) {
      token = klarna.AuthorizeSession(session).value_or("");
    });
    payments::PublishRequest create_order;
    create_order.mutable_create_order()->set_authorization_token(token);
    FillOrder(amount, *create_order.mutable_create_order()->mutable_order());
    return Pay(create_order).order().order_id();
  }

  // Captures once, calling again with the same request_id for as long as that
  // may settle it.
  Told CaptureUntilSettled(const std::string& order_id,
                           std::mt19937_64& random) {
    om::PublishRequest request;
    request.set_request_id(NewRequestId());
    request.mutable_create_capture()->set_order_id(order_id);
    request.mutable_create_capture()->mutable_capture()->set_captured_amount(1);
    Told told;
    while (told.calls < kMaxCalls &&
           told.verdict != gateway::v1::VERDICT_APPLIED) {
      if (random() % 10 < 4) {
        const sandbox::Fault fault = RandomFault(random);
        sandbox_->With(
            [&](sandbox::Klarna& klarna) { klarna.faults().Add(fault); });
      }
      const auto result = Publish<om::PublishResponse>(
          gateway_.channel(), kOrderManagement, request);
      ++told.calls;
      const Outcome outcome = result.status.ok()
                                  ? result.response.outcome()
                                  : DetailOf<Outcome>(result.status);
      told.verdict = outcome.verdict();
      told.key = outcome.idempotency_key();
      told.capture_id = outcome.created_id();
    }
    return told;
  }

  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  std::unique_ptr<sandbox::SandboxServer> sandbox_ =
      StartSandbox(sandbox::SandboxOptions(), clock_);
  GatewayUnderTest gateway_{sandbox_->url()};
};

TEST_F(LedgerTest, VerdictsAgreeWithTheLedger) {
  const int captures = FromEnvironment("KLARNA_CAPTURES", 2000);
  const auto seed =
      static_cast<uint64_t>(FromEnvironment("KLARNA_SEED", 20261122));
  const std::string order_id = PlaceOrder(1'000'000);
  ASSERT_FALSE(order_id.empty());

  std::atomic<int> next = 0;
  std::mutex mutex;
  std::vector<Told> told;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      std::mt19937_64 random(seed + static_cast<uint64_t>(caller));
      while (next++ < captures) {
        Told result = CaptureUntilSettled(order_id, random);
        const std::lock_guard<std::mutex> lock(mutex);
        told.push_back(std::move(result));
      }
    });
  }
  for (std::thread& caller : callers) caller.join();

  std::map<std::string, std::vector<std::string>> effects;  // By key.
  sandbox_->With([&](sandbox::Klarna& klarna) {
    for (const auto& entry : klarna.ledger().entries()) {
      if (entry.operation == kCapture) {
        effects[entry.key].push_back(entry.resource);
      }
    }
  });
  std::map<Verdict, int> verdicts;
  int calls = 0, duplicates = 0, losses = 0, wrong = 0;
  size_t claimed = 0;
  for (const Told& capture : told) {
    ++verdicts[capture.verdict];
    calls += capture.calls;
    const auto found = effects.find(capture.key);
    const std::vector<std::string> made =
        found == effects.end() ? std::vector<std::string>() : found->second;
    if (!made.empty()) ++claimed;
    if (made.size() > 1) ++duplicates;
    switch (capture.verdict) {
      case gateway::v1::VERDICT_APPLIED:
        if (made.empty()) ++losses;
        if (made.size() == 1 && made[0] != capture.capture_id) ++wrong;
        break;
      case gateway::v1::VERDICT_NOT_SENT:
      case gateway::v1::VERDICT_REJECTED:
        if (!made.empty()) ++wrong;
        break;
      default:
        break;
    }
  }
  std::printf(
      "seed %lu: %d captures in %d calls: %d applied, %d rejected, %d not "
      "sent, %d unknown; %d duplicates, %d losses, %d wrong verdicts\n",
      static_cast<unsigned long>(seed), captures, calls,
      verdicts[gateway::v1::VERDICT_APPLIED],
      verdicts[gateway::v1::VERDICT_REJECTED],
      verdicts[gateway::v1::VERDICT_NOT_SENT],
      verdicts[gateway::v1::VERDICT_UNKNOWN], duplicates, losses, wrong);
  EXPECT_EQ(told.size(), static_cast<size_t>(captures));
  EXPECT_EQ(effects.size(), claimed) << "effects that nobody asked for";
  EXPECT_EQ(duplicates, 0);
  EXPECT_EQ(losses, 0);
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace klarna::testing

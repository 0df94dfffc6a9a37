// SPDX-License-Identifier: Apache-2.0
//
// Captures at random faults, over sockets: what callers were told, call by
// call, is held against the simulated Klarna's ledger. 2,000 captures by
// default; another number, and another seed, by
//
//   KLARNA_CAPTURES=100000 KLARNA_SEED=7 build/tests/end_to_end/ledger_test
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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
using CaptureIds = std::vector<std::string>;

constexpr char kOrderManagement[] =
    "klarna.order_management.v1.OrderManagementService";
constexpr char kPayments[] = "klarna.payments.v1.PaymentsService";
constexpr char kCapture[] = "order_management.captureOrder";
// A 429 stops its merchant for a second. So each caller goes round among
// merchants of its own.
constexpr int kCallers = 64;
constexpr int kMerchantsOfCaller = 15;
// Of one capture. The last ones meet no fault, so that they settle it.
constexpr int kFaultyCalls = 20;
constexpr int kMaxCalls = 25;
constexpr int kOrderAmount = 1'000'000;

int FromEnvironment(const char* name, int fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : std::atoi(value);
}

// What goes wrong with one attempt or two in a row, drawn at random. Every kind
// says by itself whether Klarna executed the capture.
sandbox::Fault RandomFault(std::mt19937_64& random) {
  using sandbox::Delivery;
  sandbox::Fault fault;
  fault.operation = kCapture;
  fault.times = random() % 4 == 0 ? 2 : 1;
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

// Whether Klarna's answer, or none, counts as trouble there.
bool IsFailure(const sandbox::Fault& fault) { return fault.status != 429; }

// A merchant, and an order of which only one caller captures.
//
// Where at least half of twenty attempts fail the gateway's breaker opens, and
// then it is the breaker that is tested. What a failure costs, and how much can
// be saved, let at most nine of twenty fail, wherever one begins to count:
// failures <= (8 + 20) / (1 + 2).
class Shop {
 public:
  explicit Shop(std::string account) : account_(std::move(account)) {}

  const std::string& account() const { return account_; }
  const std::string& order_id() const { return order_id_; }
  void set_order_id(const std::string& id) { order_id_ = id; }
  std::string captures_path() const {
    return absl::StrCat("/ordermanagement/v1/orders/", order_id_, "/captures");
  }

  bool CanBear(const sandbox::Fault& fault) const {
    return !IsFailure(fault) || savings_ >= kCost * fault.times;
  }
  void Attempted(int attempts, int failures) {
    savings_ += attempts - failures - kCost * failures;
    savings_ = std::min(savings_, kMostSavings);
  }

 private:
  static constexpr int kCost = 2;
  static constexpr int kMostSavings = 8;

  const std::string account_;
  std::string order_id_;
  int savings_ = kMostSavings;
};

// The captures that took effect, by key. On the sandbox's thread.
class Effects {
 public:
  CaptureIds Of(const std::string& key, const sandbox::Ledger& ledger) {
    ReadOn(ledger);
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? CaptureIds() : found->second;
  }
  size_t keys(const sandbox::Ledger& ledger) {
    ReadOn(ledger);
    return by_key_.size();
  }

 private:
  void ReadOn(const sandbox::Ledger& ledger) {
    for (; read_ < ledger.entries().size(); ++read_) {
      const sandbox::LedgerEntry& entry = ledger.entries()[read_];
      if (entry.operation != kCapture) continue;
      by_key_[entry.key].push_back(entry.resource);
    }
  }

  size_t read_ = 0;
  absl::flat_hash_map<std::string, CaptureIds> by_key_;
};

// How it went with one capture.
struct Told {
  Verdict verdict = gateway::v1::VERDICT_UNSPECIFIED;  // The last one.
  bool settled = false;
  std::string key = {};
  std::map<Verdict, int> calls = {};
  int turned_away = 0;  // Of the calls.
  int attempts = 0;
  int faults_met = 0;
  // What the ledger contradicts.
  int losses = 0;
  int wrong = 0;
};

// How it went with all of them.
struct Totals {
  std::map<Verdict, int> captures;
  std::map<Verdict, int> calls;
  int turned_away = 0;
  int attempts = 0;
  int faults_met = 0;
  size_t effects = 0;
  size_t claimed = 0;  // Keys with effects that a caller knows.
  int unsettled = 0;
  int duplicates = 0;
  int losses = 0;
  int wrong = 0;

  void Add(const Told& told) {
    ++captures[told.verdict];
    for (const auto& [verdict, count] : told.calls) calls[verdict] += count;
    turned_away += told.turned_away;
    attempts += told.attempts;
    faults_met += told.faults_met;
    unsettled += told.settled ? 0 : 1;
    losses += told.losses;
    wrong += told.wrong;
  }
};

std::string Counts(std::map<Verdict, int> counts) {
  int all = 0;
  for (const auto& [verdict, count] : counts) all += count;
  return absl::StrCat(all, " (", counts[gateway::v1::VERDICT_APPLIED],
                      " applied, ", counts[gateway::v1::VERDICT_REJECTED],
                      " rejected, ", counts[gateway::v1::VERDICT_NOT_SENT],
                      " not sent, ", counts[gateway::v1::VERDICT_UNKNOWN],
                      " unknown)");
}

void AddMerchants(config::Config& config) {
  const config::Account sandbox = config.accounts.front();
  for (int i = 0; i < kCallers * kMerchantsOfCaller; ++i) {
    config::Account account = sandbox;
    account.name = absl::StrCat("shop-", i);
    account.merchant_key = account.name;
    config.accounts.push_back(std::move(account));
  }
}

class LedgerTest : public ::testing::Test {
 protected:
  std::string NewRequestId() {
    return auth::TimeUuid(clock_.WallNow(), random_);
  }

  payments::PublishResponse Pay(const Shop& shop,
                                payments::PublishRequest request) {
    request.mutable_options()->set_account(shop.account());
    request.set_request_id(NewRequestId());
    const auto result = Publish<payments::PublishResponse>(gateway_.channel(),
                                                           kPayments, request);
    EXPECT_TRUE(result.status.ok()) << result.status.error_message();
    return result.response;
  }

  template <typename Order>
  static void FillOrder(Order& order) {
    order.set_purchase_country("SE");
    order.set_purchase_currency("SEK");
    order.set_locale("sv-SE");
    order.set_order_amount(kOrderAmount);
    order.set_order_tax_amount(0);
    auto& line = *order.add_order_lines();
    line.set_name("Gift card");
    line.set_quantity(1);
    line.set_unit_price(kOrderAmount);
    line.set_tax_rate(0);
    line.set_total_amount(kOrderAmount);
    line.set_total_tax_amount(0);
  }

  // An order of a shopper who pays, from the session on.
  std::string PlaceOrder(const Shop& shop) {
    payments::PublishRequest create_session;
    FillOrder(*create_session.mutable_create_session()->mutable_session());
    const std::string session =
        Pay(shop, create_session).created_session().session_id();
    std::string token;
    sandbox_->With([&](sandbox::Klarna& klarna) {
      token = klarna.AuthorizeSession(session).value_or("");
    });
    payments::PublishRequest create_order;
    create_order.mutable_create_order()->set_authorization_token(token);
    FillOrder(*create_order.mutable_create_order()->mutable_order());
    return Pay(shop, create_order).order().order_id();
  }

  om::PublishRequest NewCapture(const Shop& shop, std::mt19937_64& random) {
    om::PublishRequest request;
    request.mutable_options()->set_account(shop.account());
    request.set_request_id(NewRequestId());
    om::CreateCapture& create = *request.mutable_create_capture();
    create.set_order_id(shop.order_id());
    // Klarna refuses to charge more than the shopper owes.
    const bool too_much = random() % 50 == 0;
    create.mutable_capture()->set_captured_amount(too_much ? 2 * kOrderAmount
                                                           : 1);
    return request;
  }

  // Captures once, calling again with the same request_id for as long as that
  // may settle it.
  Told CaptureUntilSettled(Shop& shop, std::mt19937_64& random) {
    const om::PublishRequest request = NewCapture(shop, random);
    Told told;
    for (int call = 0; call < kMaxCalls && !told.settled; ++call) {
      sandbox::Fault fault = RandomFault(random);
      const bool faulty = random() % 10 < 4 && call < kFaultyCalls;
      if (!faulty || !shop.CanBear(fault)) fault.times = 0;
      if (fault.times > 0) Await(shop, fault);
      const auto result = Publish<om::PublishResponse>(
          gateway_.channel(), kOrderManagement, request);
      const int met = fault.times - FaultsLeft(shop);
      told.faults_met += met;
      const int attempts =
          Hear(result.status.ok() ? result.response.outcome()
                                  : DetailOf<Outcome>(result.status),
               told);
      shop.Attempted(attempts, IsFailure(fault) ? met : 0);
    }
    return told;
  }

  // How many attempts there were of late.
  int Hear(const Outcome& outcome, Told& told) {
    ++told.calls[outcome.verdict()];
    if (told.key.empty()) told.key = outcome.idempotency_key();
    Compare(outcome, told);
    // A gateway that is behind turns a call away before it looks at it.
    if (outcome.idempotency_key().empty()) {
      ++told.turned_away;
      return 0;
    }
    const int attempts = outcome.attempts() - told.attempts;
    told.verdict = outcome.verdict();
    told.attempts = outcome.attempts();
    // Klarna's refusal will stay one.
    told.settled = told.verdict == gateway::v1::VERDICT_APPLIED ||
                   outcome.http_status() == 403;
    return attempts;
  }

  // The shop's next captures meet it.
  void Await(const Shop& shop, sandbox::Fault fault) {
    fault.path_prefix = shop.captures_path();
    sandbox_->With(
        [&](sandbox::Klarna& klarna) { klarna.faults().Add(fault); });
  }

  // Those that no attempt met, which then wait for none any more.
  int FaultsLeft(const Shop& shop) {
    int left = 0;
    sandbox_->With([&](sandbox::Klarna& klarna) {
      while (klarna.faults().Next(kCapture, shop.captures_path())) ++left;
    });
    return left;
  }

  CaptureIds EffectsOf(const std::string& key) {
    CaptureIds made;
    sandbox_->With([&](sandbox::Klarna& klarna) {
      made = effects_.Of(key, klarna.ledger());
    });
    return made;
  }

  // What a caller was told with what is in the ledger at this moment.
  void Compare(const Outcome& outcome, Told& told) {
    const CaptureIds made = EffectsOf(told.key);
    const Verdict verdict = outcome.verdict();
    const bool applied = verdict == gateway::v1::VERDICT_APPLIED;
    const CaptureIds claimed =
        applied ? CaptureIds{outcome.created_id()} : CaptureIds();
    const bool other_key = !outcome.idempotency_key().empty() &&
                           outcome.idempotency_key() != told.key;
    const bool lost = applied && made.empty();
    const bool wrong =
        verdict == gateway::v1::VERDICT_UNSPECIFIED || other_key ||
        (verdict != gateway::v1::VERDICT_UNKNOWN && !lost && made != claimed);
    if (lost) ++told.losses;
    if (wrong) ++told.wrong;
    if (!lost && !wrong) return;
    ADD_FAILURE() << told.key << ": told " << outcome.ShortDebugString()
                  << ", in the ledger: " << absl::StrJoin(made, " ");
  }

  // All of a caller's; `next` is the first capture that nobody has begun.
  void Capture(int caller, uint64_t seed, std::atomic<size_t>& next,
               std::vector<Told>& told) {
    std::vector<Shop> shops;
    shops.reserve(kMerchantsOfCaller);
    for (int i = 0; i < kMerchantsOfCaller; ++i) {
      shops.emplace_back(
          absl::StrCat("shop-", caller * kMerchantsOfCaller + i));
    }
    size_t turn = 0;
    for (size_t i; (i = next++) < told.size();) {
      Shop& shop = shops[turn++ % shops.size()];
      if (shop.order_id().empty()) shop.set_order_id(PlaceOrder(shop));
      // Whoever makes the capture, it meets the same faults.
      std::seed_seq of_capture = {seed, static_cast<uint64_t>(i)};
      std::mt19937_64 random(of_capture);
      told[i] = CaptureUntilSettled(shop, random);
    }
  }

  std::vector<Told> CaptureAll(size_t captures, uint64_t seed) {
    std::vector<Told> told(captures);
    std::atomic<size_t> next = 0;
    std::vector<std::thread> callers;
    callers.reserve(kCallers);
    for (int caller = 0; caller < kCallers; ++caller) {
      callers.emplace_back([&, caller] { Capture(caller, seed, next, told); });
    }
    for (std::thread& caller : callers) caller.join();
    return told;
  }

  // With the ledger as it is in the end.
  Totals TotalsOf(const std::vector<Told>& told) {
    Totals totals;
    sandbox_->With([&](sandbox::Klarna& klarna) {
      totals.effects = effects_.keys(klarna.ledger());
      for (const Told& capture : told) {
        totals.Add(capture);
        const CaptureIds made = effects_.Of(capture.key, klarna.ledger());
        if (!made.empty()) ++totals.claimed;
        if (made.size() > 1) ++totals.duplicates;
      }
    });
    return totals;
  }

  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  std::unique_ptr<sandbox::SandboxServer> sandbox_ =
      StartSandbox(sandbox::SandboxOptions(), clock_);
  Effects effects_;
  GatewayUnderTest gateway_{sandbox_->url(), AddMerchants};
};

TEST_F(LedgerTest, VerdictsAgreeWithTheLedger) {
  const int captures = FromEnvironment("KLARNA_CAPTURES", 2000);
  const int seed = FromEnvironment("KLARNA_SEED", 20261122);
  Totals totals = TotalsOf(
      CaptureAll(static_cast<size_t>(captures), static_cast<uint64_t>(seed)));
  std::printf(
      "ledger: seed %d, %d captures; calls: %s, %d turned away; %d attempts "
      "met %d faults; in "
      "the end: %s; in the ledger: %zu; %d duplicates, %d losses, %d wrong "
      "verdicts\n",
      seed, captures, Counts(totals.calls).c_str(), totals.turned_away,
      totals.attempts, totals.faults_met, Counts(totals.captures).c_str(),
      totals.effects, totals.duplicates, totals.losses, totals.wrong);
  EXPECT_EQ(totals.effects, totals.claimed) << "effects that nobody asked for";
  EXPECT_EQ(totals.effects,
            static_cast<size_t>(totals.captures[gateway::v1::VERDICT_APPLIED]))
      << "what took effect is told in the end";
  EXPECT_EQ(totals.unsettled, 0);
  EXPECT_GT(totals.faults_met, captures / 4) << "hardly any fault was met";
  EXPECT_EQ(totals.duplicates, 0);
  EXPECT_EQ(totals.losses, 0);
  EXPECT_EQ(totals.wrong, 0);
}

}  // namespace
}  // namespace klarna::testing

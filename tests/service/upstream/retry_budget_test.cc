// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/retry_budget.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace klarna::upstream {
namespace {

class RetryBudgetTest : public ::testing::Test {
 protected:
  struct Merchant {
    rest::Route route;
    config::Account account;
    CallTarget target{route, account};
  };

  std::unique_ptr<Merchant> Make(const std::string& key) {
    auto merchant = std::make_unique<Merchant>();
    merchant->account.name = merchant->account.merchant_key = key;
    merchant->account.endpoint.base_uri = "https://api.klarna.example";
    return merchant;
  }

  void Deposit(const Merchant& merchant, int calls) {
    for (int i = 0; i < calls; ++i) budget_.Deposit(merchant.target);
  }

  // How many retries it gets until it is refused one.
  int TakeAll(const Merchant& merchant) {
    int taken = 0;
    while (budget_.Withdraw(merchant.target)) ++taken;
    return taken;
  }

  // A call that fails however often it is sent.
  int Fail(const Merchant& merchant) {
    budget_.Deposit(merchant.target);
    int retries = 0;
    while (retries < 3 && budget_.Withdraw(merchant.target)) ++retries;
    return retries;
  }

  RetryBudget budget_;
  const std::unique_ptr<Merchant> bad_ = Make("bad");
  const std::unique_ptr<Merchant> good_ = Make("good");
};

TEST_F(RetryBudgetTest, FewCallsCanBeRetriedAsWell) {
  EXPECT_EQ(Fail(*good_), 3);
  EXPECT_EQ(Fail(*good_), 3);
}

TEST_F(RetryBudgetTest, OfAThousandCallsATenthIsSentOnceMore) {
  int retries = 0;
  for (int i = 0; i < 1000; ++i) retries += Fail(*bad_);
  EXPECT_LE(retries, 100);
  EXPECT_GE(retries, 80);
}

TEST_F(RetryBudgetTest, WhatWasNotNeededDoesNotAddUp) {
  const int at_the_start = TakeAll(*good_);
  Deposit(*good_, 10'000);
  EXPECT_EQ(TakeAll(*good_), at_the_start);
}

TEST_F(RetryBudgetTest, OfManyMerchantsTogetherNoMoreThanATenth) {
  constexpr size_t kMerchants = 2000;
  std::vector<std::unique_ptr<Merchant>> merchants;
  merchants.reserve(kMerchants);
  for (size_t i = 0; i < kMerchants; ++i) {
    merchants.push_back(Make(absl::StrCat("M", i)));
  }
  for (int i = 0; i < 3; ++i) {
    // They have had better times.
    for (const auto& merchant : merchants) Deposit(*merchant, 20);
    int retries = 0;
    for (const auto& merchant : merchants) retries += Fail(*merchant);
    EXPECT_LE(retries, 200);
    EXPECT_GE(retries, 150);
  }
}

TEST_F(RetryBudgetTest, WhoFailsAllTheTimeLeavesOthersTheReserve) {
  for (int i = 0; i < 1000; ++i) Fail(*bad_);
  EXPECT_EQ(Fail(*good_), 3);
  EXPECT_EQ(Fail(*bad_), 0);
}

TEST_F(RetryBudgetTest, WhatOthersPayIsNotForWhoFailsAllTheTime) {
  int retries = 0;
  for (int i = 0; i < 1000; ++i) {
    retries += Fail(*bad_);
    Deposit(*good_, 10);
  }
  EXPECT_LE(retries, 100);
  EXPECT_GE(TakeAll(*good_), 5);
}

TEST_F(RetryBudgetTest, SeveralWhoFailLeaveOthersOneAtLeast) {
  const auto second = Make("bad too");
  const auto third = Make("as bad");
  for (int i = 0; i < 1000; ++i) {
    for (const Merchant* bad : {bad_.get(), second.get(), third.get()}) {
      Fail(*bad);
    }
  }
  EXPECT_GE(Fail(*good_), 1);
}

TEST_F(RetryBudgetTest, AccountsOfOneMerchantShareIt) {
  const auto sibling = Make("bad");
  sibling->account.name = "another account";
  EXPECT_EQ(TakeAll(*bad_), 10);
  EXPECT_EQ(TakeAll(*sibling), 0);
}

TEST_F(RetryBudgetTest, EachCategoryHasItsOwn) {
  TakeAll(*bad_);
  bad_->route.quota = rest::v1::QUOTA_CATEGORY_SESSION;
  EXPECT_GE(TakeAll(*bad_), 1);
}

TEST_F(RetryBudgetTest, DebtsArePaidByOwnCalls) {
  TakeAll(*bad_);
  Deposit(*good_, 1000);
  EXPECT_LE(TakeAll(*bad_), 10);
  Deposit(*bad_, 1000);
  EXPECT_GE(TakeAll(*bad_), 5);
}

}  // namespace
}  // namespace klarna::upstream

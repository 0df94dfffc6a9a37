// SPDX-License-Identifier: Apache-2.0
//
// Any mebibyte of JSON that comes from an upstream costs at most 50 ms of
// processor time, whatever it is and whatever it is read as.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "klarna/checkout/v3/order.pb.h"
#include "klarna/disputes/v4/dispute.pb.h"
#include "klarna/merchant_card_service/v3/card.pb.h"
#include "klarna/order_management/v1/order.pb.h"
#include "klarna/payments/v1/session.pb.h"
#include "klarna/settlements/v1/transaction.pb.h"
#include "service/json/json_to_wire.h"
#include "service/json/scanner.h"
#include "service/rest/route.h"
#include "tests/bombs/shapes.h"
#include "tests/bombs/thread_time.h"

namespace klarna::bombs {
namespace {

class JsonCostTest : public ::testing::Test {
 protected:
  static const rest::RouteTable& Routes() {
    static const rest::RouteTable* const routes =
        rest::RouteTable::Compile(rest::LinkedServices()).value().release();
    return *routes;
  }

  void Expect(const Bomb& bomb, const std::function<void()>& work) {
    const absl::Duration took = ThreadTime(kLimit, work);
    EXPECT_LE(took, kLimit) << bomb.name << ", " << bomb.json.size();
    if (took > worst_) {
      worst_ = took;
      worst_name_ = bomb.name;
    }
  }

  void TearDown() override {
    std::printf("the worst of them: %.1f ms, %s\n",
                absl::ToDoubleMilliseconds(worst_), worst_name_.c_str());
  }

 private:
  absl::Duration worst_;
  std::string worst_name_;
};

TEST_F(JsonCostTest, OfAnEntity) {
  for (const google::protobuf::Descriptor* message :
       {order_management::v1::Order::descriptor(),
        payments::v1::Session::descriptor(), checkout::v3::Order::descriptor(),
        disputes::v4::Dispute::descriptor()}) {
    const json::MessageTable& table = *Routes().schema().Find(message);
    for (const Bomb& bomb : Bombs(table, kMebibyte)) {
      Expect(bomb, [&] {
        json::DecodedMessage decoded;
        json::DecodeMessage(bomb.json, table, decoded).IgnoreError();
      });
    }
  }
}

TEST_F(JsonCostTest, OfAPage) {
  using settlements::v1::TransactionCollection;
  const json::MessageTable& table =
      *Routes().schema().Find(TransactionCollection::descriptor());
  const json::Field& items =
      *table.FindByNumber(TransactionCollection::kTransactionsFieldNumber);
  for (const Bomb& bomb : PageBombs(items, kMebibyte)) {
    Expect(bomb, [&] {
      json::DecodedPage page;
      json::DecodePage(bomb.json, table, static_cast<int>(items.number), false,
                       page)
          .IgnoreError();
    });
  }
}

TEST_F(JsonCostTest, OfTextThatIsOnlyChecked) {
  const json::MessageTable& table =
      *Routes().schema().Find(order_management::v1::Order::descriptor());
  for (const Bomb& bomb : Bombs(table, kMebibyte)) {
    Expect(bomb, [&] { json::CheckJson(bomb.json).IgnoreError(); });
  }
}

}  // namespace
}  // namespace klarna::bombs

// SPDX-License-Identifier: Apache-2.0
#include "service/cli/route_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace klarna::cli {
namespace {

using ::testing::ContainsRegex;

TEST(RouteListTest, HasALineForEachOperation) {
  const auto routes = rest::RouteTable::Compile(rest::LinkedServices());
  ASSERT_TRUE(routes.ok()) << routes.status();
  const std::string list = RouteList(**routes);
  EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), 63);
  EXPECT_THAT(list, ContainsRegex("klarna.settlements.v1.SettlementsService +"
                                  "get_payout +GET /settlements/v1/payouts/"
                                  ".payment_reference.\n"));
}

}  // namespace
}  // namespace klarna::cli

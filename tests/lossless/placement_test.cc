// SPDX-License-Identifier: Apache-2.0
#include "tests/lossless/placement.h"

#include <gtest/gtest.h>

#include <string>

#include "klarna/order_management/v1/order.pb.h"
#include "klarna/shipping_service_callback/v1/shipping_option.pb.h"

namespace klarna::lossless {
namespace {

struct Case {
  std::string pointer;
  std::string json;
  bool has_place;
};

TEST(PlacementTest, KnowsWhatFitsAnOrder) {
  const Case cases[] = {
      {"", R"({"order_id": "1"})", true},
      {"", "[]", false},
      {"/order_id", R"("1")", true},
      {"/order_id", R"("\ud800")", false},
      {"/order_id", "1", false},
      {"/order_id", "null", false},
      {"/orderId", R"("1")", false},
      {"/order_amount", "9223372036854775807", true},
      {"/order_amount", "9223372036854775808", false},
      {"/order_amount", "-1", true},
      {"/order_amount", "-0", false},
      {"/order_amount", "1e2", false},
      {"/order_amount", R"("1")", false},
      {"/order_lines", "[]", false},
      {"/order_lines", "[null, 1]", false},
      {"/order_lines", "[null, {}]", true},
      {"/order_lines/2", "{}", true},
      {"/order_lines/2", "null", false},
      {"/order_lines/2/name", R"("tea")", true},
      {"/order_lines/2/none", R"("tea")", false},
      {"/billing_address", "{}", true},
      {"/billing_address/city", R"("Oslo")", true},
      {"/billing_address/a~1b", R"("Oslo")", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(
        HasPlace(*order_management::v1::Order::descriptor(), c.pointer, c.json),
        c.has_place)
        << c.pointer << " = " << c.json;
  }
}

TEST(PlacementTest, TakesTheTextOfANumberForANumberOnly) {
  const auto& coordinates =
      *shipping_service_callback::v1::Coordinates::descriptor();
  EXPECT_TRUE(HasPlace(coordinates, "/lat", "59.3293"));
  EXPECT_FALSE(HasPlace(coordinates, "/lat", R"("59.3293")"));
}

}  // namespace
}  // namespace klarna::lossless

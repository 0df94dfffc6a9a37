// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/order_lines.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_join.h"

namespace klarna::sandbox {
namespace {

TEST(OrderLinesTest, NamesTheAmountsThatDoNotAddUp) {
  struct Case {
    const char* body;
    std::string wrong;
  };
  for (const Case& c : {
           Case{R"({})", ""},
           Case{R"({"order_amount":5})", ""},
           Case{R"({"order_amount":200,"order_tax_amount":40,"order_lines":[
                {"quantity":2,"unit_price":100,"total_amount":200,
                 "tax_rate":2500,"total_tax_amount":40}]})",
                ""},
           // One minor unit of rounding is allowed, two are not.
           Case{R"({"order_amount":200,"order_tax_amount":41,"order_lines":[
                {"quantity":2,"unit_price":100,"total_amount":200,
                 "tax_rate":2500,"total_tax_amount":41}]})",
                ""},
           Case{R"({"order_amount":200,"order_tax_amount":42,"order_lines":[
                {"quantity":2,"unit_price":100,"total_amount":200,
                 "tax_rate":2500,"total_tax_amount":42}]})",
                "order_lines[0].total_tax_amount"},
           Case{R"({"order_amount":190,"order_lines":[
                {"quantity":2,"unit_price":100,"total_amount":190}]})",
                "order_lines[0].total_amount"},
           Case{R"({"order_amount":190,"order_lines":[
                {"quantity":2,"unit_price":100,"total_discount_amount":10,
                 "total_amount":190}]})",
                ""},
           Case{R"({"order_amount":1,"order_lines":[
                {"quantity":1,"unit_price":100,"total_amount":100},
                {"quantity":1,"unit_price":-10,"total_amount":-10}]})",
                "order_amount"},
           Case{R"({"order_amount":90,"order_lines":[
                {"quantity":1,"unit_price":100,"total_amount":100},
                {"quantity":1,"unit_price":-10,"total_amount":-10}]})",
                ""},
           // American orders carry the tax as a line.
           Case{R"({"order_amount":110,"order_tax_amount":10,"order_lines":[
                {"quantity":1,"unit_price":100,"total_amount":100},
                {"quantity":1,"unit_price":10,"total_amount":10,
                 "type":"sales_tax"}]})",
                ""},
           Case{R"({"order_amount":110,"order_tax_amount":9,"order_lines":[
                {"quantity":1,"unit_price":100,"total_amount":100},
                {"quantity":1,"unit_price":10,"total_amount":10,
                 "type":"sales_tax"}]})",
                "order_tax_amount"},
           // Products beyond 64 bits do not wrap around.
           Case{R"({"order_amount":0,"order_lines":[
                {"quantity":4611686018427387904,"unit_price":4,
                 "total_amount":0}]})",
                "order_lines[0].total_amount"},
       }) {
    EXPECT_EQ(absl::StrJoin(WrongAmounts(nlohmann::json::parse(c.body)), ","),
              c.wrong)
        << c.body;
  }
}

}  // namespace
}  // namespace klarna::sandbox

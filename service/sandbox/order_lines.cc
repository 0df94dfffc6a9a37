// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/order_lines.h"

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "service/sandbox/json_text.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

bool TotalAddsUp(const json& line) {
  const absl::int128 total = absl::int128(IntegerOf(line, "quantity")) *
                                 IntegerOf(line, "unit_price") -
                             IntegerOf(line, "total_discount_amount");
  return total == IntegerOf(line, "total_amount");
}

bool TaxAddsUp(const json& line) {
  if (!Has(line, "total_tax_amount") || !Has(line, "tax_rate")) return true;
  const absl::int128 total = IntegerOf(line, "total_amount");
  const absl::int128 rate = IntegerOf(line, "tax_rate");
  if (rate <= -10000) return false;
  const absl::int128 tax = total - total * 10000 / (10000 + rate);
  const absl::int128 off = tax - IntegerOf(line, "total_tax_amount");
  return off >= -1 && off <= 1;
}

}  // namespace

std::vector<std::string> WrongAmounts(const json& body) {
  std::vector<std::string> wrong;
  if (!Has(body, "order_lines")) return wrong;
  absl::int128 sum = 0;
  absl::int128 tax = 0;
  bool has_tax = false;
  const json& lines = body.at("order_lines");
  for (size_t i = 0; i < lines.size(); ++i) {
    const json& line = lines[i];
    const std::string path = absl::StrCat("order_lines[", i, "].");
    if (!TotalAddsUp(line)) wrong.push_back(path + "total_amount");
    if (!TaxAddsUp(line)) wrong.push_back(path + "total_tax_amount");
    sum += IntegerOf(line, "total_amount");
    tax += IntegerOf(line, "total_tax_amount");
    has_tax = has_tax || Has(line, "total_tax_amount");
    if (TextOf(line, "type") == "sales_tax") {
      tax += IntegerOf(line, "total_amount");
      has_tax = true;
    }
  }
  if (Has(body, "order_amount") && sum != IntegerOf(body, "order_amount")) {
    wrong.push_back("order_amount");
  }
  if (has_tax && Has(body, "order_tax_amount") &&
      tax != IntegerOf(body, "order_tax_amount")) {
    wrong.push_back("order_tax_amount");
  }
  return wrong;
}

}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace klarna::sandbox {

// The members whose amounts do not add up, as BAD_VALUE names them, such as
// "order_lines[2].total_tax_amount" or "order_amount". `body` must have passed
// the check of its shape. Klarna's rules:
//   total_amount = quantity * unit_price - total_discount_amount
//   total_tax_amount within 1 of the tax in total_amount at tax_rate
//   order_amount = sum of total_amount
//   order_tax_amount = sum of total_tax_amount and of the sales_tax lines
// A rule holds only where its members are there.
std::vector<std::string> WrongAmounts(const nlohmann::json& body);

}  // namespace klarna::sandbox

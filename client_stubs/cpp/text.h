// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace klarna::demo {

// Numbers as a person reads them.
//
//   Grouped(100000)    // "100,000"
//   Amount(-123456)    // "-1,234.56": all of Klarna's currencies have cents
std::string Grouped(int64_t number);
std::string Amount(int64_t minor_units);

}  // namespace klarna::demo

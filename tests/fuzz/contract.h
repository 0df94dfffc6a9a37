// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "service/rest/route.h"
#include "tests/lossless/operation.h"

namespace klarna::fuzz {

const rest::RouteTable& Routes();

// The operation of a label such as "payments.create_order". Any other text
// names some operation, too, so that no input is wasted.
const lossless::Operation& OperationNamed(std::string_view label);

// What its answers may be, but for files and raw answers.
std::vector<rest::ResultField> JsonResults(const rest::Route& route);

}  // namespace klarna::fuzz

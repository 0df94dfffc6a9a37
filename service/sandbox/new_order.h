// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/sandbox/identifiers.h"
#include "service/sandbox/order_book.h"

namespace klarna::sandbox {

// Puts an order into the book that has the members of `body`, as payments,
// customer token and checkout orders name them, captured at once where
// `body` asks for it. `method` is in lower case, as in "slice_it_by_card".
Order& PlaceOrder(const nlohmann::json& body, std::string id,
                  absl::string_view method, absl::Time now, Identifiers* ids,
                  OrderBook* orders);

}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "absl/time/time.h"
#include "service/sandbox/order_book.h"

namespace klarna::sandbox {

// Orders, captures and refunds as order management writes them: the state as of
// `now`, countries in lower case, "" for texts that were never set.
nlohmann::json OrderJson(const Order& order, absl::Time now);
nlohmann::json CaptureJson(const Order& order, const Capture& capture);
nlohmann::json RefundJson(const Refund& refund);

// An address with its country in lower case, which is how Klarna returns it.
nlohmann::json ReadAddress(nlohmann::json address);

}  // namespace klarna::sandbox

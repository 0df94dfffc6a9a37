// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "klarna/order_management/v1/order_management_service.grpc.pb.h"

namespace klarna::demo {

// Reads an order and prints it. Errors: those of the call; DATA_LOSS when it is
// another order, or when its lines do not add up to its amount.
absl::StatusOr<order_management::v1::Order> ReadOrder(
    order_management::v1::OrderManagementService::StubInterface& orders,
    const std::string& order_id);

}  // namespace klarna::demo

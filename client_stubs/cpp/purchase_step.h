// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "client_stubs/cpp/simulated_klarna.h"
#include "klarna/order_management/v1/order_management_service.grpc.pb.h"
#include "klarna/payments/v1/payments_service.grpc.pb.h"

namespace klarna::demo {

// A shop's day: opens a payments session that a shopper authorizes, places the
// order, captures it in two parts, the first of them twice with one request_id,
// and refunds some of the second. Then reads the order back and compares with
// the simulated Klarna's ledger that each change took effect once.
//
// Errors: those of the calls; DATA_LOSS when the order or the ledger is not
// what the changes make of it.
absl::Status BuyAndShip(
    payments::v1::PaymentsService::StubInterface& payments,
    order_management::v1::OrderManagementService::StubInterface& orders,
    SimulatedKlarna& klarna);

}  // namespace klarna::demo

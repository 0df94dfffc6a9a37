// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "klarna/settlements/v1/settlements_service.grpc.pb.h"

namespace klarna::demo {

// Lists the payouts, streams all transactions of the largest one, and compares
// their sums by type with the payout's totals. Returns the id of the order of
// its first sale.
//
// The stream is gone on with when the gateway becomes unavailable in between.
// Errors: those of the calls; DATA_LOSS when rows are missing or repeated or a
// sum differs.
absl::StatusOr<std::string> ReadLargestPayout(
    settlements::v1::SettlementsService::StubInterface& settlements);

}  // namespace klarna::demo

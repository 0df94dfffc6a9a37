// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "grpcpp/grpcpp.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "tests/faults/lane.h"
#include "tests/simulation/rest_call.h"

namespace klarna::faults {

// What a caller was told of a change.
struct Told {
  grpc::Status status;
  // Default when there was none: the gateway had no say.
  gateway::v1::Outcome outcome = {};

  bool settled() const {
    return outcome.verdict() == gateway::v1::VERDICT_APPLIED ||
           outcome.verdict() == gateway::v1::VERDICT_REJECTED;
  }
  bool not_sent() const {
    return outcome.verdict() == gateway::v1::VERDICT_NOT_SENT;
  }
  // By a gateway that is behind, before it looked at the call.
  bool turned_away() const {
    return status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED &&
           outcome.idempotency_key().empty();
  }
};

// Asks a gateway for the change, over gRPC.
Told Ask(const std::shared_ptr<grpc::Channel>& channel,
         const simulation::RestCall& call, const std::string& request_id,
         const std::string& account);

// What of this the lane's ledger contradicts; empty when all is well. A change
// that is absolute may happen again.
std::string Contradiction(const Lane& lane,
                          const gateway::v1::Outcome& outcome);

}  // namespace klarna::faults

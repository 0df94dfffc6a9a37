// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/told.h"

#include <cstdint>

#include "google/protobuf/empty.pb.h"
#include "klarna/gateway/v1/options.pb.h"
#include "service/json/wire.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::faults {
namespace {

using gateway::v1::Outcome;
// Keeps what it does not know, which is all.
using AnyMessage = google::protobuf::Empty;

Outcome OutcomeIn(const std::string& response, int field_number) {
  Outcome outcome;
  json::WireReader reader(response);
  for (json::WireField field; reader.Next(field);) {
    if (field.number != static_cast<uint32_t>(field_number)) continue;
    outcome.ParseFromArray(field.bytes.data(),
                           static_cast<int>(field.bytes.size()));
  }
  return outcome;
}

}  // namespace

Told Ask(const std::shared_ptr<grpc::Channel>& channel,
         const simulation::RestCall& call, const std::string& request_id,
         const std::string& account) {
  const rest::Envelope& envelope = call.method->envelope;
  gateway::v1::CallOptions options;
  options.set_account(account);
  std::string bytes = call.Request(request_id);
  json::AppendLengthDelimited(static_cast<uint32_t>(envelope.options),
                              options.SerializeAsString(), bytes);
  AnyMessage request;
  request.ParseFromString(bytes);
  const auto result =
      testing::Publish<AnyMessage>(channel, call.route->service, request);
  return {result.status,
          result.status.ok()
              ? OutcomeIn(result.response.SerializeAsString(), envelope.outcome)
              : testing::DetailOf<Outcome>(result.status)};
}

std::string Contradiction(const Lane& lane, const Outcome& outcome) {
  const int effects = lane.effects();
  if (effects > 1 &&
      lane.call().route->idempotency != rest::v1::IDEMPOTENCY_ABSOLUTE) {
    return "happened twice";
  }
  switch (outcome.verdict()) {
    case gateway::v1::VERDICT_APPLIED:
      return effects == 0 ? "told APPLIED, did not happen" : "";
    case gateway::v1::VERDICT_REJECTED:
      return effects > 0 ? "told REJECTED, happened" : "";
    case gateway::v1::VERDICT_NOT_SENT:
      return effects > 0 ? "told NOT_SENT, happened" : "";
    case gateway::v1::VERDICT_UNKNOWN:
      return "";
    default:
      return "told nothing";
  }
}

}  // namespace klarna::faults

// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/dry_run.h"

#include "klarna/gateway/v1/batch.pb.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "klarna/gateway/v1/raw.pb.h"
#include "service/json/wire.h"

namespace klarna::gateway {
namespace {

void AppendRestCall(const rest::Envelope& envelope,
                    const http::HttpRequest& request, std::string& message) {
  v1::RestCall call;
  call.set_method(request.method);
  call.set_url(request.url);
  for (const auto& [name, value] : request.headers) {
    v1::Parameter& header = *call.add_headers();
    header.set_name(name);
    header.set_value(value);
  }
  call.set_body(request.body);
  json::AppendLengthDelimited(static_cast<uint32_t>(envelope.rest_call),
                              call.SerializeAsString(), message);
}

}  // namespace

std::string DryStream(const rest::Envelope& envelope,
                      const http::HttpRequest& request) {
  v1::Batch batch;
  batch.set_last(true);
  std::string message;
  json::AppendLengthDelimited(static_cast<uint32_t>(envelope.batch),
                              batch.SerializeAsString(), message);
  AppendRestCall(envelope, request, message);
  return message;
}

std::string DryChange(const rest::Envelope& envelope,
                      const http::HttpRequest& request,
                      const std::string& idempotency_key) {
  v1::Outcome outcome;
  outcome.set_verdict(v1::VERDICT_NOT_SENT);
  outcome.set_idempotency_key(idempotency_key);
  std::string message;
  json::AppendLengthDelimited(static_cast<uint32_t>(envelope.outcome),
                              outcome.SerializeAsString(), message);
  AppendRestCall(envelope, request, message);
  return message;
}

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/single_stream.h"

#include "absl/strings/str_cat.h"
#include "service/gateway/raw_answer.h"
#include "service/json/json_to_wire.h"
#include "service/json/wire.h"

namespace klarna::gateway {
namespace {

absl::Status Decode(const rest::Route& route, const upstream::Answer& answer,
                    json::DecodedMessage& out) {
  const rest::ResultField* result = route.ResultFor(answer.head.status);
  if (result->kind == rest::ResultField::Kind::kRaw) {
    out.wire = RawAnswerBytes(answer);
    return absl::OkStatus();
  }
  absl::Status status = json::DecodeMessage(answer.body, *result->table, out);
  if (!status.ok()) {
    return absl::InternalError(
        absl::StrCat("not the JSON of one entity: ", status.message()));
  }
  const bool not_an_object =
      !out.unmapped.empty() && out.unmapped.front().pointer.empty();
  return not_an_object ? absl::InternalError("JSON, but not an object")
                       : absl::OkStatus();
}

// About, and not below it.
size_t MessageBytes(const json::DecodedMessage& entity) {
  constexpr size_t kEnvelope = 64;
  size_t bytes = kEnvelope + entity.wire.size();
  for (const json::Unmapped& entry : entity.unmapped) {
    bytes += kEnvelope + entry.pointer.size() + entry.json.size();
  }
  return bytes;
}

}  // namespace

runtime::Task<absl::Status> SingleStream::Run(const rest::BoundRequest& bound) {
  json::DecodedMessage entity;
  absl::StatusOr<upstream::Answer> answer = co_await resources_.client.Read(
      target_, bound, [&](const upstream::Answer& candidate) {
        return Decode(target_.route, candidate, entity);
      });
  if (!answer.ok()) co_return answer.status();
  std::string().swap(answer->body);  // It may be long, and is not needed now.

  v1::Batch batch;
  batch.set_last(true);
  std::string message;
  message.reserve(MessageBytes(entity));
  json::AppendLengthDelimited(static_cast<uint32_t>(fields_.batch),
                              batch.SerializeAsString(), message);
  for (const json::Unmapped& entry : entity.unmapped) {
    AppendUnmapped(fields_.unmapped, -1, entry, message);
  }
  const rest::ResultField* result =
      target_.route.ResultFor(answer->head.status);
  json::AppendLengthDelimited(static_cast<uint32_t>(result->field), entity.wire,
                              message);
  writer_.Write(std::move(message));
  co_await writer_.Taken(resources_.config.limits.stall_end);
  co_return absl::OkStatus();
}

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/refusal.h"

#include <optional>
#include <string>
#include <utility>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "service/gateway/intent.h"
#include "service/rest/status_details.h"

namespace klarna::gateway {
namespace {

using google::protobuf::internal::WireFormatLite;

// Of an id or a time; whatever is longer is neither.
constexpr uint32_t kLongest = 64;

struct Identity {
  std::string request_id;
  std::optional<google::protobuf::Timestamp> first_attempt_at;
};

bool ReadShort(google::protobuf::io::CodedInputStream& input,
               std::string& text) {
  uint32_t size = 0;
  return input.ReadVarint32(&size) && size <= kLongest &&
         input.ReadString(&text, static_cast<int>(size));
}

// As far as the bytes can be read.
Identity ReadIdentity(const rest::Envelope& envelope,
                      google::protobuf::io::ZeroCopyInputStream& request) {
  google::protobuf::io::CodedInputStream input(&request);
  Identity identity;
  while (const uint32_t tag = input.ReadTag()) {
    const int number = WireFormatLite::GetTagFieldNumber(tag);
    const bool text = WireFormatLite::GetTagWireType(tag) ==
                      WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    if (text && number == envelope.request_id) {
      if (!ReadShort(input, identity.request_id)) break;
    } else if (text && number == envelope.first_attempt_at) {
      std::string bytes;
      if (!ReadShort(input, bytes)) break;
      identity.first_attempt_at.emplace().ParseFromString(bytes);
    } else if (!WireFormatLite::SkipField(&input, tag)) {
      break;
    }
  }
  return identity;
}

bool MayBeSentByAnother(const Identity& identity, const CallContext& context,
                        IntentMemory& intents, absl::Time now) {
  // No gateway takes what is no id.
  if (!IsRequestId(identity.request_id)) return false;
  const absl::StatusOr<absl::Time> first_attempt = FirstAttempt(
      identity.request_id,
      identity.first_attempt_at ? &*identity.first_attempt_at : nullptr);
  return !first_attempt.ok() || context.tried_before ||
         MayBeTriedBefore(*first_attempt, now) ||
         intents.MayKnow(identity.request_id, *first_attempt);
}

}  // namespace

absl::Status RefuseChange(absl::Status status, const rest::Method& method,
                          google::protobuf::io::ZeroCopyInputStream& request,
                          const CallContext& context, IntentMemory& intents,
                          absl::Time now) {
  const Identity identity = ReadIdentity(method.envelope, request);
  const bool maybe_sent = MayBeSentByAnother(identity, context, intents, now);
  v1::Outcome outcome;
  outcome.set_verdict(maybe_sent ? v1::VERDICT_UNKNOWN : v1::VERDICT_NOT_SENT);
  rest::AddDetail(outcome, status);
  return status;
}

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "google/protobuf/io/zero_copy_stream.h"
#include "service/gateway/call.h"
#include "service/gateway/intent_memory.h"
#include "service/rest/route.h"

namespace klarna::gateway {

// Completes the status of a Publish that is refused before its change is known,
// with the Outcome that all of them have: NOT_SENT, or UNKNOWN when an earlier
// call with its request_id, which was not refused, may have brought the change
// to Klarna. `request` are its bytes, however damaged; they are skipped over
// and not kept. Thread-safe.
absl::Status RefuseChange(absl::Status status, const rest::Method& method,
                          google::protobuf::io::ZeroCopyInputStream& request,
                          const CallContext& context, IntentMemory& intents,
                          absl::Time now);

}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/effects.h"

namespace klarna::sandbox {

void Record(const Call& call, absl::string_view resource, int64_t amount,
            Ledger* ledger) {
  const std::string* key = call.request.Find("Klarna-Idempotency-Key");
  ledger->Add({.at = call.now,
               .operation = std::string(call.operation.name),
               .path = call.request.path,
               .key = key == nullptr ? "" : *key,
               .body_hash = Sha256Hex(call.request.body),
               .amount = amount,
               .resource = std::string(resource)});
}

}  // namespace klarna::sandbox

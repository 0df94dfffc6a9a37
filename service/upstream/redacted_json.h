// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"
#include "service/json/schema.h"

namespace klarna::upstream {

// Most bytes of a body that are looked at for a log, and most that are written.
inline constexpr size_t kMaxLoggedBody = 16 << 10;

// What a body is expected to be.
struct BodyShape {
  // Null: nothing is known of it, so nothing of it can be shown.
  const json::MessageTable* table = nullptr;
  // The body is a list of such messages.
  bool array = false;
};

enum class Redaction {
  kWhole,
  kCut,            // What follows is missing.
  kNotUnderstood,  // Nothing was written: the body is not such JSON.
};

// Appends the JSON body as it may be logged, as valid JSON in printable ASCII:
//
//   {"order_id":"1","email":"a@b.example","x":1}
//     -> {"order_id":"1","email":"[redacted]","x":"[unknown]"}
//
// Shown is only what the protos document, in the type that they document it
// with, do not mark `sensitive`, and whose name is not that of a secret. A text
// ends in "..." after 256 characters. `whole` says whether `body` is all of it
// or only its beginning; at most kMaxLoggedBody bytes are looked at.
Redaction AppendRedactedJson(std::string_view body, bool whole,
                             const BodyShape& shape, std::string& out);

// Whether a member, parameter or header of this name holds a secret, whatever
// is documented of it: it says token, secret, password or key.
bool NamesSecret(absl::string_view name);

}  // namespace klarna::upstream

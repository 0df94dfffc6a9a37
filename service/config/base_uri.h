// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace klarna::config {

// Checks the URI that the paths of an API are put behind, and takes a slash off
// its end.
//
//   NormalizeBaseUri("https://proxy.example:8443/klarna/")
//       = "https://proxy.example:8443/klarna"
//
// INVALID_ARGUMENT, without the URI: it may hold a password. Refused are
// everything but https (http only for 127.0.0.0/8, [::1] and localhost), a
// user, a query, a fragment, percent escapes, and empty or dotted path
// segments, so that what is appended stays what it was. Thread-safe.
absl::StatusOr<std::string> NormalizeBaseUri(std::string_view uri);

}  // namespace klarna::config

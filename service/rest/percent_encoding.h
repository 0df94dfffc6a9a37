// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace klarna::rest {

// Appends `text` with every byte but RFC 3986's unreserved ones (letters,
// digits, - . _ ~) written as %XX: fit for one path segment and for a query
// name or value. AppendPercentEncoded("krn:1/ä", s) appends "krn%3A1%2F%C3%A4".
void AppendPercentEncoded(absl::string_view text, std::string& out);

}  // namespace klarna::rest

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "service/http/transport.h"
#include "service/rest/route.h"

namespace klarna::upstream {

// The URL as it may be logged. `route` is that of the call, null for a token
// request, of which all but the query is shown; `base_uri` is what the path of
// the route was put behind.
//
//   https://api.klarna.com/payments/v1/authorizations/[redacted]/order
//
// Of the path and the query only what the route documents and does not mark
// `sensitive` is shown.
std::string RedactedUrl(const rest::Route* route, std::string_view base_uri,
                        std::string_view url);

// Appends the headers as a JSON object, in about kMaxLoggedHeaders bytes. The
// values of those that authenticate, that lead to a page or name a file, and of
// those whose field is marked `sensitive` are not shown.
inline constexpr size_t kMaxLoggedHeaders = 4 << 10;
void AppendRedactedHeaders(const http::Headers& headers,
                           const rest::Route* route, std::string& out);

}  // namespace klarna::upstream

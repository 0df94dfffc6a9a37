// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include "service/http/transport.h"

namespace klarna::http {

// What libcurl's code says of a transfer. A time-out is kTimeout and a failed
// write callback kMalformed here: who made the transfer knows better why.
// kReset for a code that is not expected of HTTP: it claims the least.
TransferError TransferErrorOf(CURLcode code);

}  // namespace klarna::http

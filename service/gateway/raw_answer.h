// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "service/upstream/exchange.h"

namespace klarna::gateway {

// The wire bytes of the RawAnswer of a success.
std::string RawAnswerBytes(const upstream::Answer& answer);

}  // namespace klarna::gateway

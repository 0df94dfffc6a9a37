// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace klarna::demo {

// The request_id of a Publish: a UUID version 7. Make it when you decide on the
// change, store it, then call; after a crash, call again with the stored one.
std::string NewRequestId();

}  // namespace klarna::demo

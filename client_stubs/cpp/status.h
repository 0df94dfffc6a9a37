// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace klarna::demo {

// Makes a call's end an absl::Status. The gateway's reason and Klarna's own
// words, which come as details, are added to the message.
//
//   ToStatus(reader->Finish())   // NOT_FOUND: ... [NO_SUCH_ORDER, 404]
absl::Status ToStatus(const grpc::Status& status);

}  // namespace klarna::demo

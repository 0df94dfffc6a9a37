// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "klarna/rest/v1/rest.pb.h"
#include "service/rest/route.h"

namespace klarna::rest {

// Compiles the rule of the change whose operation message is `change`.
// `subscribe` is of the same service, and must stay where it is.
// INVALID_ARGUMENT saying what names no operation or no field, or two fields
// that cannot be compared.
absl::StatusOr<ReadBack> CompileReadBack(
    const v1::ReadBack& rule, const google::protobuf::Descriptor& change,
    const Method& subscribe);

}  // namespace klarna::rest

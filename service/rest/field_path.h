// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "service/json/wire.h"

namespace klarna::rest {

// Field numbers from a message to a field inside it. Empty: there is none.
using FieldPath = std::vector<int>;

struct CompiledFieldPath {
  FieldPath path;
  const google::protobuf::FieldDescriptor* end = nullptr;
};

// Compiles names joined by dots: "state_context.closed_at". INVALID_ARGUMENT,
// naming the part, when a name is no singular field.
absl::StatusOr<CompiledFieldPath> CompileFieldPath(
    const google::protobuf::Descriptor& message, absl::string_view text);

// The field at the end of a path, in the wire bytes of a message. Nullopt if
// any part is missing, or the path is empty.
std::optional<json::WireField> FindField(const FieldPath& path,
                                         std::string_view wire);

}  // namespace klarna::rest

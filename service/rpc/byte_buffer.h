// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "grpcpp/support/byte_buffer.h"

namespace klarna::rpc {

// The bytes of a message. Nullopt for a call that was made without one.
std::optional<std::string> ToString(const grpc::ByteBuffer& buffer);

// A message of these bytes, which are not copied.
grpc::ByteBuffer ToByteBuffer(std::string bytes);

}  // namespace klarna::rpc

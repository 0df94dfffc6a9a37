// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/byte_buffer.h"

#include <utility>
#include <vector>

#include "grpcpp/support/slice.h"

namespace klarna::rpc {

std::optional<std::string> ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return std::nullopt;
  std::string bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

grpc::ByteBuffer ToByteBuffer(std::string bytes) {
  auto* owner = new std::string(std::move(bytes));
  const grpc::Slice slice(
      owner->data(), owner->size(),
      [](void* string) { delete static_cast<std::string*>(string); }, owner);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace klarna::rpc

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace google::protobuf {
class Descriptor;
class EnumValueDescriptor;
class FieldDescriptor;
}  // namespace google::protobuf

namespace klarna::cli {

// What config.proto says in the comment above a message, a field or a value of
// an enumeration: the documentation of each setting. In one line; paragraphs
// are not kept. Empty for what is in no comment. Thread-safe.
std::string CommentOf(const google::protobuf::Descriptor& message);
std::string CommentOf(const google::protobuf::FieldDescriptor& field);
std::string CommentOf(const google::protobuf::EnumValueDescriptor& value);

}  // namespace klarna::cli

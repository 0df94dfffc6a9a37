// SPDX-License-Identifier: Apache-2.0
#include "service/cli/proto_comments.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <map>
#include <vector>

#include "absl/strings/ascii.h"

namespace klarna::cli {

// Made by CMakeLists.txt: a FileDescriptorSet that holds config.proto.
extern const unsigned char kConfigProto[];
extern const std::size_t kConfigProtoSize;

namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FileDescriptorProto;

// As in FileDescriptorProto's source_code_info: numbers of fields and indices.
using Path = std::vector<int>;

std::string OneLine(std::string text) {
  absl::RemoveExtraAsciiWhitespace(&text);
  return text;
}

// Comments by path.
const std::map<Path, std::string>& Comments() {
  static const auto* const comments = [] {
    google::protobuf::FileDescriptorSet files;
    files.ParseFromArray(kConfigProto, static_cast<int>(kConfigProtoSize));
    auto* all = new std::map<Path, std::string>;
    for (const auto& location : files.file(0).source_code_info().location()) {
      (*all)[Path(location.path().begin(), location.path().end())] =
          OneLine(location.leading_comments());
    }
    return all;
  }();
  return *comments;
}

std::string Find(const Path& path) {
  const auto found = Comments().find(path);
  return found == Comments().end() ? "" : found->second;
}

}  // namespace

std::string CommentOf(const google::protobuf::Descriptor& message) {
  return Find({FileDescriptorProto::kMessageTypeFieldNumber, message.index()});
}

std::string CommentOf(const google::protobuf::FieldDescriptor& field) {
  return Find({FileDescriptorProto::kMessageTypeFieldNumber,
               field.containing_type()->index(),
               DescriptorProto::kFieldFieldNumber, field.index()});
}

std::string CommentOf(const google::protobuf::EnumValueDescriptor& value) {
  return Find({FileDescriptorProto::kEnumTypeFieldNumber, value.type()->index(),
               EnumDescriptorProto::kValueFieldNumber, value.index()});
}

}  // namespace klarna::cli

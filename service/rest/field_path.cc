// SPDX-License-Identifier: Apache-2.0
#include "service/rest/field_path.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace klarna::rest {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

absl::StatusOr<CompiledFieldPath> CompileFieldPath(const Descriptor& message,
                                                   absl::string_view text) {
  CompiledFieldPath compiled;
  const Descriptor* inner = &message;
  for (absl::string_view name : absl::StrSplit(text, '.')) {
    const FieldDescriptor* field =
        inner ? inner->FindFieldByName(std::string(name)) : nullptr;
    if (field == nullptr || field->is_repeated()) {
      return absl::InvalidArgumentError(
          absl::StrCat("path \"", text, "\" has no field ", name));
    }
    compiled.path.push_back(field->number());
    compiled.end = field;
    inner = field->message_type();
  }
  return compiled;
}

std::optional<json::WireField> FindField(const FieldPath& path,
                                         std::string_view wire) {
  std::optional<json::WireField> found;
  for (const int number : path) {
    found.reset();
    json::WireReader reader(wire);
    for (json::WireField field; reader.Next(field);) {
      if (field.number == static_cast<uint32_t>(number)) found = field;
    }
    if (!found) return std::nullopt;
    wire = found->bytes;
  }
  return found;
}

}  // namespace klarna::rest

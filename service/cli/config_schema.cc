// SPDX-License-Identifier: Apache-2.0
#include "service/cli/config_schema.h"

#include <google/protobuf/descriptor.h>

#include <nlohmann/json.hpp>

#include "klarna/gateway/config/v1/config.pb.h"
#include "service/cli/proto_comments.h"
#include "service/config/setting_value.h"
#include "service/config/settings.h"

namespace klarna::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Json = nlohmann::ordered_json;

// A text of config.proto as a JSON value: numbers and booleans bare.
Json Value(const FieldDescriptor& field, const std::string& text) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return Json::parse(text);
    default:
      return text;
  }
}

void AddType(const FieldDescriptor& field, Json& schema) {
  const auto& facts = config::FactsOf(field);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      schema["type"] = "boolean";
      break;
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      schema["type"] = "integer";
      if (facts.min().empty()) break;
      schema["minimum"] = Value(field, facts.min());
      schema["maximum"] = Value(field, facts.max());
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      schema["enum"] = Json::array();
      for (const auto& [name, value] : config::ValueNames(*field.enum_type())) {
        schema["enum"].push_back(name);
      }
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:  // A duration.
      schema["type"] = "string";
      schema["pattern"] = "^([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h))+$";
      break;
    default:
      schema["type"] = "string";
  }
}

Json Reference(const Descriptor& type) {
  return {{"$ref", "#/$defs/" + type.name()}};
}

Json FieldSchema(const FieldDescriptor& field) {
  Json schema;
  schema["description"] = CommentOf(field);
  const auto& facts = config::FactsOf(field);
  if (field.is_repeated()) {
    schema["type"] = "array";
    schema["items"] = Reference(*field.message_type());
    if (facts.required()) schema["minItems"] = 1;
  } else if (config::IsSingleValue(field)) {
    AddType(field, schema);
    if (!facts.default_value().empty()) {
      schema["default"] = Value(field, facts.default_value());
    }
  } else {
    schema.update(Reference(*field.message_type()));
  }
  return schema;
}

// Of the members of a oneof exactly one is given.
Json OneOf(const google::protobuf::OneofDescriptor& oneof) {
  Json choices = Json::array();
  for (int i = 0; i < oneof.field_count(); ++i) {
    choices.push_back({{"required", {oneof.field(i)->name()}}});
  }
  return choices;
}

// The schema of a message; those of the messages in it go to `definitions`.
Json MessageSchema(const Descriptor& type, Json& definitions) {
  Json schema;
  schema["description"] = CommentOf(type);
  schema["type"] = "object";
  schema["additionalProperties"] = false;
  Json required = Json::array();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    schema["properties"][field.name()] = FieldSchema(field);
    if (config::FactsOf(field).required()) required.push_back(field.name());
    const bool message = field.is_repeated() || !config::IsSingleValue(field);
    if (message && !definitions.contains(field.message_type()->name())) {
      const Descriptor& inner = *field.message_type();
      definitions[inner.name()] = nullptr;  // Begun.
      definitions[inner.name()] = MessageSchema(inner, definitions);
    }
  }
  if (!required.empty()) schema["required"] = required;
  for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
    schema["oneOf"] = OneOf(*type.oneof_decl(i));
  }
  return schema;
}

}  // namespace

std::string ConfigSchema() {
  Json schema;
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "Configuration of klarna-gateway";
  Json definitions;
  schema.update(
      MessageSchema(*gateway::config::v1::Config::descriptor(), definitions));
  schema["$defs"] = definitions;
  return schema.dump(2) + "\n";
}

}  // namespace klarna::cli

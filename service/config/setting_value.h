// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "absl/time/time.h"
#include "service/config/problem_report.h"
#include "service/config/yaml_document.h"

namespace google::protobuf {
class Duration;
class EnumDescriptor;
class EnumValueDescriptor;
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace klarna::config {

// The texts that stand for single values, whether in a file, a flag or an
// environment variable: `true`, `32768`, `eu`, `500ms`, `0.0.0.0:50051`.

// Whether the field has a single value. A google.protobuf.Duration is one.
bool IsSingleValue(const google::protobuf::FieldDescriptor& field);

// The texts for the values of an enumeration: LogLevel's LOG_LEVEL_INFO is
// "info". The first value means "not set" and has none.
std::map<std::string, const google::protobuf::EnumValueDescriptor*> ValueNames(
    const google::protobuf::EnumDescriptor& type);

// Sets a field that IsSingleValue. A text of a wrong type becomes a problem of
// `key`, which does not quote it, and the field stays as it was.
void ReadValue(const YamlNode& node, const std::string& key,
               const google::protobuf::FieldDescriptor& field,
               google::protobuf::Message& message, ProblemReport& report);

// The text of a field that IsSingleValue, such that ReadValue gives the same.
std::string ValueText(const google::protobuf::Message& message,
                      const google::protobuf::FieldDescriptor& field);

absl::Duration ToDuration(const google::protobuf::Duration& duration);

}  // namespace klarna::config

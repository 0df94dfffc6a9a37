// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/config/problem_report.h"
#include "service/config/yaml_document.h"

namespace google::protobuf {
class Message;
}

namespace klarna::config {

// Fills a Protobuf message from a YAML document, strictly:
//
//   accounts:             a repeated message is a sequence,
//     - name: shop        a message is a mapping, its keys are the field names,
//       region: eu        an enumeration's value its name without the prefix,
//       in
//                         lower case,
//   reflection: false     true and false are only these words,
//   resume_tokens:
//     lifetime: 24h       a google.protobuf.Duration has a unit.
//
// Every unknown key, repeated key, second member of a oneof, missing value and
// value of a wrong type or out of range becomes a problem in `report`, where
// the place of every key is noted, too. What is wrong stays unset in `message`.
// Thread-safe. A key or a value of the file is quoted in no problem, except a
// key that is a spelling of a known one.
void ReadYaml(const YamlNode& root, google::protobuf::Message& message,
              ProblemReport& report);

}  // namespace klarna::config

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "service/config/problem_report.h"

namespace google::protobuf {
class Message;
}

namespace klarna::config {

// What config.proto says of its fields in their option `setting`, applied to a
// whole message. Thread-safe.

// Every value outside of its bounds becomes a problem:
//
//   gateway.yaml:4:3: limits.batch_bytes: expected 1024 to 1048576
void CheckBounds(const google::protobuf::Message& settings,
                 ProblemReport& report);

// Gives every setting that has a default and no value its default.
void FillDefaults(google::protobuf::Message& settings);

// The keys, such as "listen", whose values differ and need a restart to count.
std::vector<std::string> ChangedButFixed(
    const google::protobuf::Message& running,
    const google::protobuf::Message& wanted);

}  // namespace klarna::config

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace google::protobuf {
class Message;
}

namespace klarna::config {

// Writes what ReadYaml reads:
//
//   WriteYaml(settings, comment) =
//       log:
//         level: debug  # flag --log.level
//
// `comment` says what to put beside the value of a key such as
// "accounts[0].name"; nothing if it is empty. Thread-safe.
std::string WriteYaml(
    const google::protobuf::Message& message,
    const std::function<std::string(const std::string& key)>& comment);

}  // namespace klarna::config

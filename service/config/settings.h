// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "klarna/gateway/config/v1/setting.pb.h"

namespace google::protobuf {
class FieldDescriptor;
}

namespace klarna::config {

// A setting that has a single value and can be given outside of the file. Of a
// list it is that of the first element, so that one account needs no file.
struct Setting {
  std::string key;       // "accounts[0].merchant_key"
  std::string flag;      // "--accounts.0.merchant-key"
  std::string variable;  // "KLARNA_GATEWAY_ACCOUNTS_0_MERCHANT_KEY"
  // From klarna.gateway.config.v1.Config to the value.
  std::vector<const google::protobuf::FieldDescriptor*> path;

  const google::protobuf::FieldDescriptor& field() const {
    return *path.back();
  }
};

// What every variable begins with.
inline constexpr char kVariablePrefix[] = "KLARNA_GATEWAY_";

// All of them, in the order of the file: the one table that flags, environment
// variables and help are made of. It is read off the descriptors.
const std::vector<Setting>& AllSettings();

// What config.proto says of a field in its option `setting`.
const gateway::config::v1::Setting& FactsOf(
    const google::protobuf::FieldDescriptor& field);

}  // namespace klarna::config

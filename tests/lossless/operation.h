// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "service/rest/route.h"

namespace klarna::lossless {

// One operation of the contract: its route and the descriptors behind it.
struct Operation {
  const rest::Route* route = nullptr;
  const google::protobuf::Descriptor* message = nullptr;
  const google::protobuf::Descriptor* response = nullptr;

  // The binding of the JSON body; null when there is none.
  const rest::Binding* Body() const;
  const google::protobuf::Descriptor* BodyMessage() const;
  const google::protobuf::Descriptor* ResultMessage(
      const rest::ResultField& result) const;
};

// Every operation that has a typed message (so no raw call), by label.
std::vector<Operation> AllOperations(const rest::RouteTable& routes);

// The segments of a path, percent-decoded, those that are empty left out.
std::vector<std::string> Segments(absl::string_view path);

// The operation of a REST call; null if there is none. Where several templates
// fit, the one with the most literal segments does.
const Operation* FindOperation(const std::vector<Operation>& operations,
                               absl::string_view method,
                               absl::string_view path);

}  // namespace klarna::lossless

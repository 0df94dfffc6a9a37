// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>

#include "absl/strings/string_view.h"

namespace klarna::canary {

// Stands for every secret and every piece of personal data.
inline constexpr char kCanary[] = "canary-7f3a";

// Whether a field of this name holds a person's data, card data or a secret.
// Written down here beside the protos' own marks, so that a mark that is
// missing is found.
bool IsPrivate(absl::string_view name);

// Sets every field, at every depth: `secret` where it is private, else a short
// text or a 1.
void Fill(const std::string& secret, google::protobuf::Message& message);

// The JSON of a message with every field set in the same way, and in every
// object a member that the protos do not know, with a canary.
std::string SampleJson(const google::protobuf::Descriptor& message);

}  // namespace klarna::canary

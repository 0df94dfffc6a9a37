// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "google/protobuf/descriptor.h"

namespace klarna::lossless {

// Whether a value of a document fits the typed message, so that it has no
// business among the unmapped ones. Without this, a codec that put everything
// there would be lossless too.
//
//   // message Order { optional int64 amount = 1; repeated Line lines = 2; }
//   HasPlace(order, "/amount", "12")           // true
//   HasPlace(order, "/amount", "12.0")         // false: not an integer's text
//   HasPlace(order, "/lines/3/unknown", "12")  // false
//
// Knows the message by its descriptor only and shares nothing with the codec.
bool HasPlace(const google::protobuf::Descriptor& message,
              std::string_view pointer, std::string_view json);

}  // namespace klarna::lossless

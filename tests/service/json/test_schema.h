// SPDX-License-Identifier: Apache-2.0
//
// The compiled tables of the messages that the codec's tests use.
#pragma once

#include "service/json/schema.h"

namespace klarna::json {

// Of klarna.json.samples and the settlements API. Aborts when `Message` is not
// among them.
const Schema& TestSchema();

template <typename Message>
const MessageTable& TableOf() {
  return *TestSchema().Find(Message::descriptor());
}

}  // namespace klarna::json

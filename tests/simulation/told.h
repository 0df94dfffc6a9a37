// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/time/time.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::simulation {

// What a caller was told of a change, as it understands it.
struct Told {
  gateway::v1::Outcome outcome = {};
  absl::Duration retry_after = {};
  bool safe_to_resend = false;
  // Refused for its form, so that it is not known what became of it before.
  bool refused = false;
};

// Of a call that is finished.
Told WhatWasTold(const testing::PublishCaller& caller);

// Whether another call with the same request_id may settle it, as the README
// says.
bool WorthAnotherCall(const Told& told);

// The one that a caller believes of two calls at the same time: one that did
// nothing proves nothing.
const Told& MoreCertain(const Told& a, const Told& b);

}  // namespace klarna::simulation

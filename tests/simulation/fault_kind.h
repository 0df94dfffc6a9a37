// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/http/transport.h"

namespace klarna::simulation {

// What becomes of the body of an answer.
enum class Body { kAsItWas, kEmpty, kHtml, kCutInTwo, kOtherJson, kNotUtf8 };

// One way in which a request can go wrong. Each says by itself whether Klarna
// did what was asked.
struct FaultKind {
  const char* name;
  bool executed = false;
  // How the transfer ends. kNone: a whole answer arrives.
  http::TransferError error = http::TransferError::kNone;
  bool request_sent = true;
  // How long after its end Klarna does what was asked, whoever asks meanwhile.
  absl::Duration late = {};
  // Of the answer. 0: what Klarna answered, so it must have executed.
  int status = 0;
  Body body = Body::kAsItWas;
  // Whether the end of the body was marked.
  bool framed = true;
  http::Headers headers = {};
  // Only where a success has a body: without one, an empty 2xx that Klarna did
  // not mean could not be told from one that it did.
  bool needs_result = false;
};

// All of them, the faultless attempt first.
const std::vector<FaultKind>& FaultKinds();

}  // namespace klarna::simulation

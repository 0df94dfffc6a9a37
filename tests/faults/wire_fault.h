// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "service/http/transport.h"
#include "service/sandbox/message.h"
#include "tests/simulation/fault_kind.h"
#include "tests/testing/fault_server.h"

namespace klarna::faults {

// The way to the server.
enum class Way { kOpen, kUnresolved, kRefused, kDropped };

enum class Framing { kLength, kChunked, kNone };

// Where the bytes of an answer end.
enum class Cut { kNowhere, kBeforeAll, kStatusLine, kHead, kBody };

// A fault of the simulation, or one that only a wire can have, as it shows on a
// wire. Each says by itself whether Klarna did what was asked.
struct WireFault {
  std::string name;
  bool executed = false;
  Way way = Way::kOpen;
  testing::Welcome welcome = testing::Welcome::kServe;
  testing::ReadUntil read = testing::ReadUntil::kEnd;
  // Of the answer. 0: what Klarna answered.
  int status = 0;
  simulation::Body body = simulation::Body::kAsItWas;
  http::Headers headers = {};
  Framing framing = Framing::kLength;
  Cut cut = Cut::kNowhere;
  std::string instead = {};  // Of the bytes of the answer.
  std::string before = {};   // Them, and after them: an answer of its own.
  std::string after = {};
  testing::Ending ending = testing::Ending::kKeep;

  // Whether it happens to a connection, not to a request on it.
  bool at_connection() const {
    return way != Way::kOpen || welcome != testing::Welcome::kServe;
  }
};

// All kinds of the simulation, each at least once, and more.
const std::vector<WireFault>& WireFaults();

// The bytes that the server writes of Klarna's answer.
std::string WireBytes(const WireFault& fault, const sandbox::Answer& answer);

}  // namespace klarna::faults

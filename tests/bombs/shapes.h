// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "service/json/schema.h"

namespace klarna::bombs {

// A JSON document that is made to cost as much as it can for its size.
struct Bomb {
  std::string name;
  std::string json;
};

// All of them for one message, each of about `bytes` bytes: what is deep, what
// has many parts, what is long, and what fits the message nearly or not at all.
std::vector<Bomb> Bombs(const json::MessageTable& table, size_t bytes);

// The same for a list of such messages that is a member of `wrapper`, and for
// the bare list.
std::vector<Bomb> PageBombs(const json::Field& items, size_t bytes);

}  // namespace klarna::bombs

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "service/json/json_to_wire.h"
#include "service/runtime/task.h"
#include "service/upstream/client.h"

namespace klarna::gateway {

// What a look back at a change found.
struct Findings {
  enum class Kind {
    kNothing,  // No trace of it. Not proof: reads may lag behind.
    kPerhaps,  // Something like it, or nothing could be read.
    kIt,       // The change's own doing.
  };

  Kind kind = Kind::kPerhaps;
  bool alike = false;  // What was read has something like it.
  std::string id;      // Of what was created, if it has one.
  // What was read, where that is what the change answers as well.
  json::DecodedMessage entity;
};

// Reads whether a change happened, by the rule of its operation.
class LookBack {
 public:
  // `change` is what may have been made, `operation` the wire bytes of its
  // operation message; empty when these are not what was sent.
  LookBack(upstream::Client& client, const upstream::CallTarget& change,
           std::string_view operation, absl::Time first_attempt)
      : client_(client),
        change_(change),
        operation_(operation),
        first_attempt_(first_attempt) {}

  // Whether there is a read that tells.
  bool possible() const {
    return change_.route.read_back != nullptr && !operation_.empty();
  }

  // Looks for the change. Only if possible().
  runtime::Task<Findings> Look() const;

  // Whether what was created under `id` is what the change asks for. Nullopt
  // when it cannot be found. Only if possible().
  runtime::Task<std::optional<bool>> Made(std::string id) const;

  // Whether what is created has an id that it can be found by.
  bool finds_by_id() const { return !change_.route.read_back->id.empty(); }

 private:
  struct Read {
    absl::Status status;
    json::DecodedMessage answer;
  };

  runtime::Task<Read> ReadState() const;
  Findings::Kind Compare(std::string_view found) const;
  bool ContentIsThatOf(std::string_view found) const;

  upstream::Client& client_;
  const upstream::CallTarget& change_;
  const std::string_view operation_;
  const absl::Time first_attempt_;
};

}  // namespace klarna::gateway

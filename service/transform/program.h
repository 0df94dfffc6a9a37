// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

struct jq_state;

namespace klarna::transform {

// A jq program, compiled: a function from one JSON document to one.
//
//   auto program = Program::Compile(".payload.reference = \"A1\"");
//   program->Run(R"({"payload":{}})");  // {"payload":{"reference":"A1"}}
//
// What comes out depends on what goes in alone: there is no environment, file,
// module, further input, clock, output on the side or end of the process, and
// a program that asks for one does not compile. It may still run for ever and
// use any memory: bounds are the worker's. Not thread-safe.
class Program {
 public:
  // INVALID_ARGUMENT with jq's message.
  static absl::StatusOr<Program> Compile(const std::string& text);

  // INVALID_ARGUMENT: jq's message, no result or more than one, a value that
  // jq would change (CheckFidelity) in what goes in or comes out.
  absl::StatusOr<std::string> Run(std::string_view json);

 private:
  struct Teardown {
    void operator()(jq_state* state) const;
  };

  std::unique_ptr<jq_state, Teardown> state_;
};

}  // namespace klarna::transform

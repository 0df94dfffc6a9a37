// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "service/runtime/executor.h"

namespace klarna::transform {

// Runs transformers, somewhere else than on the caller's thread:
//
//   runtime::OneShot<absl::StatusOr<std::string>> result;
//   auto run = transformers.Start("add_reference", document, executor,
//       [&](absl::StatusOr<std::string> r) { result.Set(std::move(r)); });
//   co_await result;
//
// Thread-safe.
class Transformers {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<std::string> result)>;

  // A run under way. Destroyed on its executor; `done` does not come after.
  class Run {
   public:
    virtual ~Run() = default;
  };

  virtual ~Transformers() = default;

  // Runs the transformer called `name` over a JSON document. `done` comes once,
  // on `executor` and not within this call: with the document that came out, or
  // INVALID_ARGUMENT when the program failed, jq's message in it;
  // RESOURCE_EXHAUSTED when too much is waiting; UNAVAILABLE when nothing can
  // be run at present; NOT_FOUND.
  virtual std::unique_ptr<Run> Start(std::string_view name, std::string input,
                                     runtime::Executor& executor,
                                     Done done) = 0;
};

}  // namespace klarna::transform

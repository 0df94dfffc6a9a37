// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "service/http/ip_address.h"
#include "service/runtime/executor.h"

namespace klarna::http {

// Turns host names into addresses without blocking the caller. Thread-safe.
//
//   resolver.Resolve("api.klarna.com", executor,
//                    [](absl::StatusOr<std::vector<IpAddress>> addresses) {});
//
// Which addresses may be connected to is not decided here.
class Resolver {
 public:
  using Callback =
      absl::AnyInvocable<void(absl::StatusOr<std::vector<IpAddress>>)>;

  virtual ~Resolver() = default;

  // Runs `callback` once as a task of `executor`, with at least one address or
  // UNAVAILABLE, or not at all when the executor has stopped or the resolver is
  // destroyed.
  virtual void Resolve(const std::string& host, runtime::Executor& executor,
                       Callback callback) = 0;
};

}  // namespace klarna::http

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "service/config/config.h"
#include "service/rest/klarna_error.h"
#include "service/rest/route.h"
#include "service/runtime/clock.h"

namespace klarna::upstream {

// One caller's call, as far as the upstream is concerned. Must outlive the
// tasks it is passed to.
struct CallTarget {
  const rest::Route& route;
  const config::Account& account;
  // An answer that comes later is of no use.
  runtime::Instant deadline = absl::InfiniteDuration();
  // Nothing is sent from here on; for changes, whose answer is of use always.
  runtime::Instant begin_before = absl::InfiniteDuration();
  // The caller has had the beginning of the answer: it waits rather than being
  // refused.
  bool begun = false;
  // Whether the caller has left, so that nothing is to be sent any more. Asked
  // again and again while the call waits. Empty where that does not matter.
  std::function<bool()> left = nullptr;

  const config::Endpoint& endpoint() const { return account.For(route.domain); }
  rest::CallLabel label() const {
    return {route.label, route.domain, account.name};
  }
};

}  // namespace klarna::upstream

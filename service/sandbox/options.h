// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "service/sandbox/open_questions.h"

namespace klarna::sandbox {

// Whose quotas of requests a second hold.
enum class RateLimits { kOff, kPlayground, kLive };

// What a simulated Klarna is to be like.
struct SandboxOptions {
  uint64_t seed = 1;

  // How much is there from the start. The first payout has `transactions`, the
  // others a few; each payout's captured orders can be read as well.
  int payouts = 3;
  int transactions = 2000;
  int orders = 25;
  int disputes = 12;

  // No page is longer, whatever `size` asks for; 0: as long as asked.
  int page_cap = 0;
  // Before every answer.
  absl::Duration latency;
  RateLimits rate_limits = RateLimits::kOff;
  OpenQuestions open_questions = {};

  // What a merchant authenticates with: user and password, or the key alone.
  std::string user = "sandbox";
  std::string password = "sandbox";
  std::string api_key = "klarna_test_api_sandbox";
  // Of OAuth2 tokens, and of the integrator's.
  absl::Duration token_lifetime = absl::Hours(1);
  // What a caller of the shipping integrator authenticates with.
  std::string shipping_identifier = "sandbox";
  std::string shipping_key = "sandbox-key";

  // Serve /sandbox/...: what a shopper does, faults, the ledger.
  bool control = false;
};

}  // namespace klarna::sandbox

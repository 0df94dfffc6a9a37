// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "service/config/config.h"

namespace klarna::cli {

// What `klarna-gateway check-account NAME` prints: a harmless read per domain
// over the network, and what to look at where one failed. An empty name is the
// default account's. NOT_FOUND: no such account.
struct AccountReport {
  std::string text;
  bool good = true;
};
absl::StatusOr<AccountReport> CheckAccount(const config::Config& config,
                                           const std::string& name);

}  // namespace klarna::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "klarna/gateway/config/v1/config.pb.h"
#include "service/config/config.h"
#include "service/config/problem_report.h"
#include "service/config/secret_loader.h"

namespace klarna::config {

// Whether `name` can name an account: 1 to 64 letters, digits, -, _ or .
bool IsAccountName(std::string_view name);

// Checks one account of the file and makes it usable. `key` is where it stands,
// such as "accounts[0]". Problems go to `report`; with one there the result is
// of no use.
Account BuildAccount(const gateway::config::v1::Account& settings,
                     const std::string& key, SecretLoader& secrets,
                     ProblemReport& report);

}  // namespace klarna::config

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "service/config/config.h"
#include "service/rest/route.h"
#include "service/runtime/task.h"
#include "service/upstream/client.h"

namespace klarna::upstream {

// What one domain said to an account.
struct DomainCheck {
  std::string domain;
  std::string call;  // "GET https://api.klarna.com/settlements/v1/payouts"
  // OK when the upstream took the credentials, though it may know no such
  // resource.
  absl::Status status;
  std::string advice;  // What to look at, when it is not OK.
};

// Makes one harmless read per domain: a list of one entity, or an entity that
// does not exist. The shipping service callback has no such read: it is asked
// for a token, where the account has a place for it, since Klarna does not
// serve it.
runtime::Task<std::vector<DomainCheck>> CheckAccount(
    Client& client, const rest::RouteTable& routes,
    const config::Account& account);

}  // namespace klarna::upstream

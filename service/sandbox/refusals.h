// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/sandbox/call.h"
#include "service/sandbox/shape.h"

namespace klarna::sandbox {

// What stands before Klarna's services answers in forms of its own.

// Missing or wrong credentials: nginx's page, JSON for disputes.
Answer Unauthorized(Domain domain, absl::string_view correlation_id);

// An address that no service has; the form depends on whose it would be.
Answer UnknownPath(absl::string_view path, absl::Time now);

// An address of the API with another method.
Answer WrongMethod(Domain domain, absl::string_view path,
                   const std::string& allowed, absl::Time now);

// A path with characters in an id that Tomcat does not let through.
Answer TomcatBadRequest();

// What the service itself says to requests that do not fit its description.
Answer WrongMediaType(const Call& call);
Answer TooLarge(const Call& call);
Answer NotJson(const Call& call);
Answer WrongMembers(const Call& call, const std::vector<Problem>& problems);
Answer WrongQuery(const Call& call, const std::vector<Problem>& problems);
Answer WrongSums(const Call& call, const std::vector<std::string>& members);

// The answer of a request that met a fault with this status.
Answer FaultyStatus(const Call& call, int status);

}  // namespace klarna::sandbox

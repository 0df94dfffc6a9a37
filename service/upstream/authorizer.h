// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "service/auth/credentials.h"
#include "service/config/config.h"
#include "service/http/transport.h"
#include "service/observability/log.h"
#include "service/runtime/executor.h"
#include "service/runtime/random.h"
#include "service/runtime/task.h"

namespace klarna::upstream {

// Adds the Authorization header.
void AddAuthorization(const auth::Secret& value, http::HttpRequest& request);

// Knows the Authorization header of an endpoint, and fetches, keeps and renews
// the tokens of those that need one. However many calls want the same token, it
// is fetched once. Belongs to one executor.
class Authorizer {
 public:
  Authorizer(runtime::Executor& executor, http::HttpTransport& transport,
             runtime::Random& random, observability::Log& log)
      : executor_(executor),
        transport_(transport),
        random_(random),
        log_(log) {}

  // The value of the header, for a call to `domain`. UNAVAILABLE or
  // FAILED_PRECONDITION when a token could not be had: nothing of the call has
  // been sent then.
  runtime::Task<absl::StatusOr<auth::Secret>> Authorize(
      const config::Account& account, absl::string_view domain);

  // To be called when the upstream answered 401 to a call with this header.
  // True if a new token can be fetched or was fetched meanwhile, so that trying
  // once more makes sense.
  bool Renew(const config::Endpoint& endpoint, const auth::Secret& rejected);

  // Drops the tokens of credentials that no configuration and no call uses any
  // more.
  void ForgetUnused();

 private:
  using Waiter = runtime::OneShot<absl::StatusOr<auth::Secret>>;

  struct Entry {
    std::optional<auth::Secret> authorization;
    runtime::Instant expires = absl::InfiniteDuration();
    runtime::Task<void> fetch;
    bool fetching = false;
    std::list<Waiter*> waiters;
  };

  Entry& EntryOf(const config::Endpoint& endpoint);
  runtime::Task<void> Fetch(config::Endpoint endpoint, std::string account,
                            config::RequestLogging logging, Entry& entry);

  runtime::Executor& executor_;
  http::HttpTransport& transport_;
  runtime::Random& random_;
  observability::Log& log_;
  // By credentials, which the map does not keep alive. While a token is fetched
  // the fetch does, and while one is waited for the waiting calls do.
  std::map<std::weak_ptr<const auth::Credentials>, std::shared_ptr<Entry>,
           std::owner_less<>>
      entries_;
};

}  // namespace klarna::upstream

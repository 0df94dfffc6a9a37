// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/http/ip_address.h"
#include "service/http/resolver.h"
#include "service/runtime/clock.h"
#include "service/runtime/executor.h"

namespace klarna::http {

// Asks the system's resolver, on one thread of its own.
//
//   SystemResolver resolver(clock, &SystemResolver::GetAddrInfo);
//
// An answer is kept for kTimeToLive, a failure not at all. Callers that ask for
// a name while it is being looked up share the one lookup. Thread-safe. The
// executors it was given must outlive it; its destructor waits for the lookup
// under way.
class SystemResolver final : public Resolver {
 public:
  // Blocks.
  using Lookup = absl::AnyInvocable<absl::StatusOr<std::vector<IpAddress>>(
      const std::string& host)>;

  static constexpr absl::Duration kTimeToLive = absl::Seconds(30);

  // The Lookup of production: getaddrinfo. UNAVAILABLE with the system's reason
  // when there is no address.
  static absl::StatusOr<std::vector<IpAddress>> GetAddrInfo(
      const std::string& host);

  SystemResolver(runtime::Clock& clock, Lookup lookup);
  ~SystemResolver() override;

  void Resolve(const std::string& host, runtime::Executor& executor,
               Callback callback) override;

 private:
  struct Waiter {
    runtime::Executor& executor;
    Callback callback;
  };
  struct Known {
    std::vector<IpAddress> addresses;
    runtime::Instant expires;
  };

  void Run();
  void Remember(const std::string& host,
                const std::vector<IpAddress>& addresses)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  runtime::Clock& clock_;
  Lookup lookup_;

  std::mutex mutex_;
  std::condition_variable work_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::string> queue_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::vector<Waiter>> waiters_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace klarna::http

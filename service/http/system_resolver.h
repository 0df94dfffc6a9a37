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

// Asks the system's resolver, on kLookups threads of its own: a name server
// that hangs on one name does not hold up the others.
//
//   SystemResolver resolver(clock, &SystemResolver::GetAddrInfo);
//
// An answer is good for kTimeToLive. After that it is looked up again, but
// still given, at once, until it is kStale old: DNS that fails or hangs stops
// nobody, and an address that has moved costs a connection and no request. A
// failure is not kept. Callers that wait for a name share the one lookup.
// Thread-safe. The executors it was given must outlive it; its destructor waits
// for the lookups under way.
class SystemResolver final : public Resolver {
 public:
  // Blocks. Called from several threads at once.
  using Lookup = absl::AnyInvocable<absl::StatusOr<std::vector<IpAddress>>(
      const std::string& host) const>;

  static constexpr absl::Duration kTimeToLive = absl::Seconds(25);
  static constexpr absl::Duration kStale = absl::Minutes(10);
  static constexpr int kLookups = 4;

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
    runtime::Instant since;
  };

  void Run();
  // Unless it is being looked up.
  void LookUp(const std::string& host) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remember(const std::string& host,
                const std::vector<IpAddress>& addresses)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  runtime::Clock& clock_;
  const Lookup lookup_;

  std::mutex mutex_;
  std::condition_variable work_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::string> queue_ ABSL_GUARDED_BY(mutex_);
  // Of each name that is being looked up, perhaps none.
  absl::flat_hash_map<std::string, std::vector<Waiter>> waiters_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);

  std::vector<std::thread> threads_;
};

}  // namespace klarna::http

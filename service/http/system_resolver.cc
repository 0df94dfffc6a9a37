// SPDX-License-Identifier: Apache-2.0
#include "service/http/system_resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace klarna::http {
namespace {

// Hosts come from the configuration, so this is never reached in earnest.
constexpr size_t kMostHosts = 1024;

// A status is shared by its copies, with a count that Debian's abseil keeps out
// of ThreadSanitizer's sight; each thread gets one of its own.
absl::StatusOr<std::vector<IpAddress>> OwnCopy(
    const absl::StatusOr<std::vector<IpAddress>>& addresses) {
  if (addresses.ok()) return *addresses;
  return absl::Status(addresses.status().code(), addresses.status().message());
}

void Answer(runtime::Executor& executor, Resolver::Callback callback,
            absl::StatusOr<std::vector<IpAddress>> addresses) {
  executor.Post([callback = std::move(callback),
                 addresses = std::move(addresses)]() mutable {
    callback(std::move(addresses));
  });
}

}  // namespace

absl::StatusOr<std::vector<IpAddress>> SystemResolver::GetAddrInfo(
    const std::string& host) {
  addrinfo hints = {};
  hints.ai_flags = AI_ADDRCONFIG;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    return absl::UnavailableError(
        absl::StrCat("no address for host ", host, ": ", gai_strerror(error),
                     "; check the spelling of the host and the machine's DNS"));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list,
                                                                 freeaddrinfo);
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    const std::optional<IpAddress> address =
        IpAddress::FromSocketAddress(*entry->ai_addr);
    if (address && std::find(addresses.begin(), addresses.end(), *address) ==
                       addresses.end()) {
      addresses.push_back(*address);
    }
  }
  if (addresses.empty()) {
    return absl::UnavailableError(
        absl::StrCat("host ", host, " has no IPv4 or IPv6 address"));
  }
  return addresses;
}

SystemResolver::SystemResolver(runtime::Clock& clock, Lookup lookup)
    : clock_(clock), lookup_(std::move(lookup)) {
  for (int i = 0; i < kLookups; ++i) threads_.emplace_back([this] { Run(); });
}

SystemResolver::~SystemResolver() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void SystemResolver::Resolve(const std::string& host,
                             runtime::Executor& executor, Callback callback) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = known_.find(host);
  const absl::Duration age = known == known_.end()
                                 ? absl::InfiniteDuration()
                                 : clock_.Now() - known->second.since;
  if (age >= kTimeToLive) LookUp(host);
  if (age < kStale) {
    Answer(executor, std::move(callback), known->second.addresses);
  } else {
    waiters_[host].push_back({executor, std::move(callback)});
  }
}

void SystemResolver::LookUp(const std::string& host) {
  if (!waiters_.try_emplace(host).second) return;
  queue_.push_back(host);
  work_.notify_one();
}

void SystemResolver::Run() {
  while (true) {
    std::string host;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      host = std::move(queue_.front());
      queue_.pop_front();
    }
    const absl::StatusOr<std::vector<IpAddress>> addresses = lookup_(host);
    std::vector<Waiter> waiters;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stopping_) return;
      if (addresses.ok()) Remember(host, *addresses);
      waiters = std::move(waiters_.extract(host).mapped());
    }
    for (Waiter& waiter : waiters) {
      Answer(waiter.executor, std::move(waiter.callback), OwnCopy(addresses));
    }
  }
}

void SystemResolver::Remember(const std::string& host,
                              const std::vector<IpAddress>& addresses) {
  if (known_.size() >= kMostHosts) known_.clear();
  known_[host] = {addresses, clock_.Now()};
}

}  // namespace klarna::http

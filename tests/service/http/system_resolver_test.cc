// SPDX-License-Identifier: Apache-2.0
#include "service/http/system_resolver.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "service/runtime/event_loop.h"
#include "tests/testing/manual_executor.h"
#include "tests/testing/notification.h"

namespace klarna::http {
namespace {

using Addresses = absl::StatusOr<std::vector<IpAddress>>;

const std::vector<IpAddress>& SomeAddress() {
  static const auto& addresses =
      *new std::vector<IpAddress>{*IpAddress::Parse("8.8.8.8")};
  return addresses;
}

class SystemResolverTest : public ::testing::Test {
 protected:
  SystemResolverTest() : loop_(runtime::EventLoop::Create(clock_).value()) {
    loop_->Start();
  }

  // Waits for the answer.
  Addresses Ask(SystemResolver& resolver, const std::string& host) {
    testing::Notification answered;
    Addresses answer = absl::UnknownError("no answer");
    resolver.Resolve(host, *loop_, [&](Addresses addresses) {
      answer = std::move(addresses);
      answered.Notify();
    });
    answered.Wait();
    return answer;
  }

  testing::ManualClock clock_;
  std::unique_ptr<runtime::EventLoop> loop_;
};

TEST_F(SystemResolverTest, KeepsAnAnswerForItsTimeToLive) {
  std::atomic<int> lookups = 0;
  SystemResolver resolver(clock_, [&](const std::string&) -> Addresses {
    ++lookups;
    return SomeAddress();
  });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*Ask(resolver, "a"), SomeAddress());
  EXPECT_EQ(lookups, 1);
}

TEST_F(SystemResolverTest, GivesTheOldAnswerWhileItIsLookedUpAgain) {
  const std::vector<IpAddress> moved = {*IpAddress::Parse("9.9.9.9")};
  testing::Notification release;
  std::atomic<int> lookups = 0;
  SystemResolver resolver(clock_, [&](const std::string&) -> Addresses {
    if (++lookups == 1) return SomeAddress();
    release.Wait();
    return moved;
  });
  EXPECT_EQ(*Ask(resolver, "a"), SomeAddress());
  clock_.Advance(SystemResolver::kTimeToLive);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*Ask(resolver, "a"), SomeAddress());
  release.Notify();
  while (*Ask(resolver, "a") != moved) {
  }
  EXPECT_EQ(lookups, 2);
}

TEST_F(SystemResolverTest, GivesAnAnswerWhileDnsFailsUntilItIsStale) {
  std::atomic<int> lookups = 0;
  SystemResolver resolver(clock_, [&](const std::string&) -> Addresses {
    if (++lookups == 1) return SomeAddress();
    return absl::UnavailableError("DNS is down");
  });
  EXPECT_TRUE(Ask(resolver, "a").ok());
  clock_.Advance(SystemResolver::kStale - absl::Nanoseconds(1));
  EXPECT_EQ(*Ask(resolver, "a"), SomeAddress());
  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_EQ(Ask(resolver, "a").status().message(), "DNS is down");
}

TEST_F(SystemResolverTest, DoesNotKeepAFailure) {
  std::atomic<int> lookups = 0;
  SystemResolver resolver(clock_, [&](const std::string&) -> Addresses {
    if (++lookups == 1) return absl::UnavailableError("not yet");
    return SomeAddress();
  });
  EXPECT_EQ(Ask(resolver, "a").status().message(), "not yet");
  EXPECT_TRUE(Ask(resolver, "a").ok());
}

TEST_F(SystemResolverTest, CallersOfOneNameShareOneLookup) {
  testing::Notification asked;
  std::atomic<int> lookups = 0;
  SystemResolver resolver(clock_, [&](const std::string&) -> Addresses {
    ++lookups;
    asked.Wait();
    return SomeAddress();
  });
  std::atomic<int> answers = 0;
  testing::Notification all;
  for (int i = 0; i < 5; ++i) {
    resolver.Resolve("a", *loop_, [&](const Addresses&) {
      if (++answers == 5) all.Notify();
    });
  }
  asked.Notify();
  all.Wait();
  EXPECT_EQ(lookups, 1);
}

TEST_F(SystemResolverTest, AnswersWhileAnotherLookupHangs) {
  testing::Notification release;
  SystemResolver resolver(clock_, [&](const std::string& host) -> Addresses {
    if (host == "slow") release.Wait();
    return SomeAddress();
  });
  EXPECT_TRUE(Ask(resolver, "known").ok());
  testing::Notification slow;
  resolver.Resolve("slow", *loop_, [&](const Addresses&) { slow.Notify(); });
  EXPECT_TRUE(Ask(resolver, "known").ok());
  EXPECT_TRUE(Ask(resolver, "unknown").ok());
  EXPECT_FALSE(slow.Happened());
  release.Notify();
  slow.Wait();
}

TEST_F(SystemResolverTest, GetAddrInfoKnowsLocalhost) {
  const Addresses addresses = SystemResolver::GetAddrInfo("localhost");
  ASSERT_TRUE(addresses.ok()) << addresses.status();
  for (const IpAddress& address : *addresses) {
    EXPECT_TRUE(address.IsLoopback()) << address.ToString();
  }
}

TEST_F(SystemResolverTest, GetAddrInfoNamesTheHostItDoesNotKnow) {
  // A name that no server is asked for: a label is 63 characters at most.
  const std::string host(64, 'a');
  const Addresses addresses = SystemResolver::GetAddrInfo(host);
  EXPECT_EQ(addresses.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(addresses.status().message().find(host), absl::string_view::npos);
}

}  // namespace
}  // namespace klarna::http

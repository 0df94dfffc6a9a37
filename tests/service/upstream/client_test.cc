// SPDX-License-Identifier: Apache-2.0
#include "service/upstream/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "service/auth/credentials.h"
#include "service/config/config.h"
#include "service/rest/status_details.h"
#include "service/runtime/random.h"
#include "service/runtime/task.h"
#include "tests/service/gateway/recorded_log.h"
#include "tests/service/gateway/scripted_transport.h"
#include "tests/testing/manual_executor.h"

namespace klarna::upstream {
namespace {

using Code = absl::StatusCode;
using http::TransferError;
using testing::Broken;
using testing::ScriptedAnswer;
using testing::Whole;

constexpr char kBody[] = R"({"order_id":"1"})";

// Always the same number; ~0 makes every backoff as long as it can be.
class FixedRandom final : public runtime::Random {
 public:
  uint64_t Next() override { return ~uint64_t{0}; }
};

// Tokens are fetched at /token; the body of the answer is the token.
class TokenCredentials final : public auth::Credentials,
                               public auth::TokenExchange {
 public:
  const auth::TokenExchange* token_exchange() const override { return this; }

  auth::TokenRequest MakeRequest(runtime::Random&) const override {
    return {.url = "/token",
            .content_type = "application/json",
            .accept = "application/json",
            .body = auth::Secret("who I am")};
  }
  absl::StatusOr<auth::Token> ReadAnswer(int status,
                                         std::string_view body) const override {
    if (status == 401) return absl::FailedPreconditionError("rejected");
    if (status != 201) return absl::UnavailableError("failed");
    return auth::Token{auth::Secret(body), absl::Minutes(10)};
  }
};

// A read under way, kept alive by the test.
struct Call {
  std::optional<absl::StatusOr<Answer>> result;
  runtime::Task<void> task;

  bool done() const { return result.has_value(); }
  absl::Status status() const { return result->status(); }
};

runtime::Task<void> Store(runtime::Task<absl::StatusOr<Answer>> read,
                          Call& call) {
  call.result = co_await std::move(read);
}

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() {
    route_.domain = "order_management";
    route_.label = "order_management.get_order";
    account_.name = "shop";
    account_.endpoint = {
        "https://api.klarna.example",
        std::make_shared<auth::BasicCredentials>("user", auth::Secret("pw"))};
    bound_.method = "GET";
    bound_.path = "/orders/1";
    bound_.query = "a=b";
    bound_.headers = {{"Accept", "application/json"}};
  }

  void UseTokens() {
    account_.endpoint.credentials = std::make_shared<TokenCredentials>();
  }

  // Begins a read that takes every body of JSON objects.
  std::unique_ptr<Call> Begin() {
    auto call = std::make_unique<Call>();
    call->task =
        Store(client_.Read(target_, bound_,
                           [](const Answer& answer) {
                             return answer.body.starts_with('{') &&
                                            answer.body.ends_with('}')
                                        ? absl::OkStatus()
                                        : absl::InternalError("not JSON");
                           }),
              *call);
    call->task.Start();
    executor_.RunUntilIdle();
    return call;
  }

  // A whole read against a script, however long its backoffs are.
  std::unique_ptr<Call> Read(const std::vector<ScriptedAnswer>& script) {
    for (const ScriptedAnswer& answer : script) transport_.Answer(answer);
    auto call = Begin();
    while (!call->done() && executor_.AdvanceToNextTimer()) {
    }
    EXPECT_TRUE(call->done());
    return call;
  }

  // Calls that went well pay for the retries of others.
  void FillRetryBudget() {
    for (int i = 0; i < 1000; ++i) client_.BeginCall(target_);
  }

  std::string Authorization(size_t request) const {
    return std::string(http::FindHeader(
        transport_.requests().at(request).headers, "Authorization"));
  }

  testing::ManualExecutor executor_;
  testing::ScriptedTransport transport_{executor_};
  FixedRandom random_;
  testing::RecordedLog log_;
  rest::Route route_;
  config::Account account_;
  CallTarget target_{route_, account_};
  rest::BoundRequest bound_;
  Gate gate_{config::Limits()};
  Client client_{executor_, transport_, gate_, random_, log_, RetryPolicy()};
};

std::string Reason(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  return rest::GetDetail(status, info) ? info.reason() : "";
}

ScriptedAnswer Unframed(int status, std::string body) {
  ScriptedAnswer answer = Whole(status, std::move(body));
  answer.result.framed = false;
  return answer;
}

TEST_F(ClientTest, ReadsAnAnswer) {
  const auto call = Read({Whole(200, kBody, {{"A", "b"}})});
  ASSERT_TRUE(call->result->ok()) << call->status();
  EXPECT_EQ((*call->result)->body, kBody);
  EXPECT_EQ((*call->result)->head.status, 200);
  EXPECT_EQ((*call->result)->head.headers.size(), 1u);
}

TEST_F(ClientTest, SendsTheBoundRequestWithCredentials) {
  Read({Whole(200, kBody)});
  ASSERT_EQ(transport_.requests().size(), 1u);
  const http::HttpRequest& request = transport_.requests()[0];
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url, "https://api.klarna.example/orders/1?a=b");
  EXPECT_EQ(http::FindHeader(request.headers, "Accept"), "application/json");
  EXPECT_EQ(Authorization(0), "Basic dXNlcjpwdw==");
  EXPECT_FALSE(http::FindHeader(request.headers, "User-Agent").empty());
  EXPECT_FALSE(request.mutation);
}

TEST_F(ClientTest, SendsToTheEndpointOfTheDomain) {
  account_.domains["order_management"] = {"https://api.kustom.example",
                                          account_.endpoint.credentials};
  Read({Whole(200, kBody)});
  EXPECT_EQ(transport_.requests()[0].url,
            "https://api.kustom.example/orders/1?a=b");
}

TEST_F(ClientTest, KeepsAUserAgentOfTheOperation) {
  bound_.headers.emplace_back("User-Agent", "shop/1");
  Read({Whole(200, kBody)});
  EXPECT_EQ(http::FindHeader(transport_.requests()[0].headers, "User-Agent"),
            "shop/1");
}

TEST_F(ClientTest, ReadsAgainWhatMayGoBetter) {
  const std::pair<std::string, ScriptedAnswer> cases[] = {
      {"resolve", Broken(TransferError::kResolve, false)},
      {"connect", Broken(TransferError::kConnect, false)},
      {"TLS", Broken(TransferError::kTls, false)},
      {"time-out", Broken(TransferError::kTimeout, true)},
      {"reset", Broken(TransferError::kReset, true)},
      {"truncated", Broken(TransferError::kTruncated, true)},
      {"malformed", Broken(TransferError::kMalformed, true)},
      {"205", Whole(205)},
      {"206", Whole(206, kBody)},
      {"302", Whole(302, "", {{"Location", "http://elsewhere.example"}})},
      {"408", Whole(408)},
      {"429", Whole(429)},
      {"500", Whole(500, "<html>")},
      {"503", Whole(503)},
      {"unframed and cut", Unframed(200, R"({"order_id":)")},
  };
  for (const auto& [name, answer] : cases) {
    SCOPED_TRACE(name);
    FillRetryBudget();
    const size_t before = transport_.requests().size();
    const auto call = Read({answer, Whole(200, kBody)});
    EXPECT_TRUE(call->result->ok()) << call->status();
    EXPECT_EQ(transport_.requests().size() - before, 2u);
    EXPECT_EQ(transport_.requests().back().url,
              "https://api.klarna.example/orders/1?a=b");
  }
}

TEST_F(ClientTest, GivesUpAtOnceWhereARepeatDoesNotHelp) {
  struct Case {
    ScriptedAnswer answer;
    Code code;
    std::string reason;
  };
  const Case cases[] = {
      {Whole(400), Code::kInvalidArgument, "UPSTREAM_BAD_REQUEST"},
      {Whole(401), Code::kFailedPrecondition, "UPSTREAM_CREDENTIALS_REJECTED"},
      {Whole(403), Code::kPermissionDenied, "UPSTREAM_FORBIDDEN"},
      {Whole(404), Code::kNotFound, "UPSTREAM_NOT_FOUND"},
      {Whole(200, "<html>captive portal</html>"), Code::kInternal,
       "UPSTREAM_INVALID"},
      {Whole(200), Code::kInternal, "UPSTREAM_INVALID"},
      {Broken(TransferError::kBadRequest, false), Code::kInternal, "NOT_SENT"},
      {Broken(TransferError::kHeadersTooLarge, true), Code::kInternal,
       "UPSTREAM_INVALID"},
      {Broken(TransferError::kBodyTooLarge, true), Code::kInternal,
       "UPSTREAM_INVALID"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.reason);
    const size_t before = transport_.requests().size();
    const auto call = Read({c.answer});
    EXPECT_EQ(transport_.requests().size() - before, 1u);
    EXPECT_EQ(call->status().code(), c.code) << call->status();
    EXPECT_EQ(Reason(call->status()), c.reason);
  }
}

TEST_F(ClientTest, SaysWhatFailedOnceTheRetriesAreUsedUp) {
  struct Case {
    ScriptedAnswer answer;
    Code code;
    std::string reason;
  };
  const Case cases[] = {
      {Broken(TransferError::kConnect, false), Code::kUnavailable, "NOT_SENT"},
      {Broken(TransferError::kReset, true), Code::kUnavailable,
       "UPSTREAM_FAILED"},
      {Whole(500), Code::kUnavailable, "UPSTREAM_FAILED"},
      {Whole(302), Code::kUnavailable, "UPSTREAM_FAILED"},
      {Whole(206, kBody), Code::kUnavailable, "UPSTREAM_FAILED"},
      {Unframed(200, "{"), Code::kUnavailable, "UPSTREAM_FAILED"},
      {Whole(429), Code::kResourceExhausted, "UPSTREAM_RATE_LIMITED"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.reason);
    FillRetryBudget();
    const size_t before = transport_.requests().size();
    const auto call = Read(std::vector<ScriptedAnswer>(4, c.answer));
    EXPECT_EQ(transport_.requests().size() - before, 4u);
    EXPECT_EQ(call->status().code(), c.code) << call->status();
    EXPECT_EQ(Reason(call->status()), c.reason);
    google::rpc::ErrorInfo info;
    ASSERT_TRUE(rest::GetDetail(call->status(), info));
    EXPECT_EQ(info.metadata().at("operation"), "order_management.get_order");
    EXPECT_EQ(info.metadata().at("account"), "shop");
  }
}

TEST_F(ClientTest, UnframedAnswerThatIsWholeIsTaken) {
  EXPECT_TRUE(Read({Unframed(200, kBody)})->result->ok());
  EXPECT_EQ(transport_.requests().size(), 1u);
}

TEST_F(ClientTest, ErrorsHoldNothingOfTheBody) {
  const auto call = Read({Whole(200, "<html>secret-page</html>")});
  EXPECT_EQ(
      rest::ToRpcStatus(call->status()).SerializeAsString().find("secret-page"),
      std::string::npos);
}

TEST_F(ClientTest, BacksOffLongerEachTime) {
  for (int i = 0; i < 4; ++i) transport_.Answer(Whole(503));
  const auto call = Begin();
  const absl::Duration delays[] = {absl::Milliseconds(200),
                                   absl::Milliseconds(400),
                                   absl::Milliseconds(800)};
  size_t requests = 1;
  for (const absl::Duration delay : delays) {
    EXPECT_EQ(transport_.requests().size(), requests);
    executor_.Advance(delay - absl::Milliseconds(1));
    EXPECT_EQ(transport_.requests().size(), requests) << delay;
    executor_.Advance(absl::Milliseconds(1));
    EXPECT_EQ(transport_.requests().size(), ++requests) << delay;
  }
  EXPECT_TRUE(call->done());
}

TEST_F(ClientTest, WaitsAsLongAsTheUpstreamSays) {
  struct Case {
    int status;
    http::Headers headers;
    absl::Duration least;
  };
  const std::string in_9_seconds = absl::FormatTime(
      "%a, %d %b %Y %H:%M:%S GMT",
      executor_.clock().WallNow() + absl::Seconds(9), absl::UTCTimeZone());
  // The first one, since time goes by.
  const Case cases[] = {
      {429, {{"Retry-After", in_9_seconds}}, absl::Seconds(9)},
      {429, {{"Retry-After", in_9_seconds}}, absl::ZeroDuration()},
      {429, {}, absl::Seconds(1)},
      {429, {{"X-Ratelimit-Reset", "3"}}, absl::Seconds(3)},
      {429,
       {{"Retry-After", "7"}, {"X-Ratelimit-Reset", "3"}},
       absl::Seconds(7)},
      {429, {{"Retry-After", "86400"}}, absl::Minutes(1)},
      {429, {{"Retry-After", "99999999999999999999"}}, absl::Minutes(1)},
      {429, {{"Retry-After", "soon"}}, absl::Seconds(1)},
      {503, {{"Retry-After", "7"}}, absl::Seconds(7)},
      {503, {{"Retry-After", "86400"}}, absl::Minutes(1)},
      {503, {{"Retry-After", in_9_seconds}}, absl::ZeroDuration()},
      {503, {{"Retry-After", "soon"}}, absl::ZeroDuration()},
      {500, {{"Retry-After", "7"}}, absl::ZeroDuration()},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.status, " ", absl::FormatDuration(c.least)));
    // With the one to come they pay one retry.
    for (int i = 0; i < 12; ++i) client_.BeginCall(target_);
    const size_t before = transport_.requests().size();
    transport_.Answer(Whole(c.status, "", c.headers));
    transport_.Answer(Whole(200, kBody));
    const auto call = Begin();
    // The jitter comes on top, so that callers do not come back together.
    executor_.Advance(c.least + absl::Milliseconds(199));
    EXPECT_EQ(transport_.requests().size() - before, 1u);
    executor_.Advance(absl::Milliseconds(1));
    EXPECT_EQ(transport_.requests().size() - before, 2u);
    EXPECT_TRUE(call->done() && call->result->ok());
  }
}

TEST_F(ClientTest, AttemptEndsWithTheDeadlineOrTheTimeLimit) {
  account_.timeouts.total = absl::Seconds(65);
  struct Case {
    absl::Duration deadline;
    absl::Duration timeout;
  };
  const Case cases[] = {
      {absl::Seconds(5), absl::Seconds(5)},
      {absl::Seconds(100), absl::Seconds(65)},
      {absl::InfiniteDuration(), absl::Seconds(65)},
  };
  for (const Case& c : cases) {
    const CallTarget target{route_, account_,
                            executor_.clock().Now() + c.deadline};
    EXPECT_EQ(client_.MakeRequest(target, bound_).timeout, c.timeout);
  }
}

TEST_F(ClientTest, DoesNotWaitBeyondTheDeadline) {
  target_.deadline = executor_.clock().Now() + absl::Milliseconds(500);
  for (int i = 0; i < 2; ++i) transport_.Answer(Whole(503));
  const auto call = Begin();
  executor_.Advance(absl::Milliseconds(200));
  // The next backoff would be 400 ms; the answer is known now.
  EXPECT_EQ(transport_.requests().size(), 2u);
  ASSERT_TRUE(call->done());
  EXPECT_EQ(call->status().code(), Code::kUnavailable);
}

TEST_F(ClientTest, RateLimitBeyondTheDeadlineIsReportedAtOnce) {
  target_.deadline = executor_.clock().Now() + absl::Seconds(5);
  transport_.Answer(Whole(429, "", {{"Retry-After", "30"}}));
  const auto call = Begin();
  ASSERT_TRUE(call->done());
  EXPECT_EQ(call->status().code(), Code::kResourceExhausted);
  google::rpc::RetryInfo info;
  ASSERT_TRUE(rest::GetDetail(call->status(), info));
  EXPECT_EQ(info.retry_delay().seconds(), 30);
}

TEST_F(ClientTest, AFailureThatLastsBeyondTheDeadlineIsReportedAtOnce) {
  target_.deadline = executor_.clock().Now() + absl::Seconds(5);
  transport_.Answer(Whole(503, "", {{"Retry-After", "30"}}));
  const auto call = Begin();
  ASSERT_TRUE(call->done());
  EXPECT_EQ(call->status().code(), Code::kUnavailable);
  google::rpc::RetryInfo info;
  ASSERT_TRUE(rest::GetDetail(call->status(), info));
  EXPECT_EQ(info.retry_delay().seconds(), 30);
}

TEST_F(ClientTest, FailureAtTheDeadlineIsTheDeadline) {
  target_.deadline = executor_.clock().Now() + absl::Seconds(5);
  const auto call = Begin();
  EXPECT_EQ(transport_.requests().at(0).timeout, absl::Seconds(5));
  executor_.Advance(absl::Seconds(5));
  transport_.Answer(Broken(TransferError::kTimeout, true));
  executor_.RunUntilIdle();
  ASSERT_TRUE(call->done());
  EXPECT_EQ(call->status().code(), Code::kDeadlineExceeded);
}

TEST_F(ClientTest, CancelledReadLeavesNothingBehind) {
  {
    const auto on_the_wire = Begin();
    transport_.Answer(Whole(503));
    executor_.RunUntilIdle();
    EXPECT_FALSE(on_the_wire->done()) << "it waits for the next attempt";
  }
  EXPECT_FALSE(executor_.AdvanceToNextTimer());
  { const auto on_the_wire = Begin(); }
  transport_.Answer(Whole(200, kBody));
  executor_.RunUntilIdle();
  EXPECT_EQ(transport_.requests().size(), 2u);
}

TEST_F(ClientTest, FetchesATokenOnce) {
  UseTokens();
  const auto call = Read({Whole(201, "t1"), Whole(200, kBody)});
  EXPECT_TRUE(call->result->ok()) << call->status();
  ASSERT_EQ(transport_.requests().size(), 2u);
  const http::HttpRequest& token = transport_.requests()[0];
  EXPECT_EQ(token.method, "POST");
  EXPECT_EQ(token.url, "https://api.klarna.example/token");
  EXPECT_EQ(token.body, "who I am");
  EXPECT_EQ(Authorization(0), "");
  EXPECT_EQ(Authorization(1), "t1");
  EXPECT_TRUE(Read({Whole(200, kBody)})->result->ok());
  EXPECT_EQ(transport_.requests().size(), 3u);
  EXPECT_EQ(Authorization(2), "t1");
}

TEST_F(ClientTest, ManyCallsShareOneTokenFetch) {
  UseTokens();
  std::vector<std::unique_ptr<Call>> calls;
  calls.reserve(10);
  for (int i = 0; i < 10; ++i) calls.push_back(Begin());
  ASSERT_EQ(transport_.requests().size(), 1u);
  transport_.Answer(Whole(201, "t1"));
  executor_.RunUntilIdle();
  EXPECT_EQ(transport_.requests().size(), 11u);
  for (int i = 0; i < 10; ++i) transport_.Answer(Whole(200, kBody));
  executor_.RunUntilIdle();
  for (const auto& call : calls) {
    EXPECT_TRUE(call->done() && call->result->ok());
  }
}

TEST_F(ClientTest, TokenFetchSurvivesTheCallThatBeganIt) {
  UseTokens();
  auto first = Begin();
  const auto second = Begin();
  first.reset();
  transport_.Answer(Whole(201, "t1"));
  transport_.Answer(Whole(200, kBody));
  executor_.RunUntilIdle();
  EXPECT_TRUE(second->done() && second->result->ok());
  EXPECT_EQ(transport_.requests().size(), 2u);
}

TEST_F(ClientTest, FetchesANewTokenWhenTheOldOneExpires) {
  UseTokens();
  Read({Whole(201, "t1"), Whole(200, kBody)});
  executor_.Advance(absl::Minutes(10));
  Read({Whole(201, "t2"), Whole(200, kBody)});
  EXPECT_EQ(Authorization(3), "t2");
}

TEST_F(ClientTest, ATokenGoesWithItsCredentials) {
  UseTokens();
  Read({Whole(201, "t1"), Whole(200, kBody)});
  const std::weak_ptr<const auth::Credentials> first =
      account_.endpoint.credentials;
  // No token of theirs is used for others, and nothing keeps them.
  UseTokens();
  EXPECT_TRUE(first.expired());
  Read({Whole(201, "t2"), Whole(200, kBody)});
  EXPECT_EQ(Authorization(3), "t2");
}

TEST_F(ClientTest, ForgettingWhatIsUnusedKeepsWhatIsUsed) {
  UseTokens();
  Read({Whole(201, "t1"), Whole(200, kBody)});
  client_.authorizer().ForgetUnused();
  Read({Whole(200, kBody)});
  EXPECT_EQ(Authorization(2), "t1");
}

TEST_F(ClientTest, ForgettingWhileATokenIsFetchedDoesNotDisturbTheFetch) {
  UseTokens();
  const auto call = Begin();
  client_.authorizer().ForgetUnused();
  transport_.Answer(Whole(201, "t1"));
  transport_.Answer(Whole(200, kBody));
  executor_.RunUntilIdle();
  EXPECT_TRUE(call->done() && call->result->ok());
}

TEST_F(ClientTest, ReadsFollowANewRetryPolicy) {
  client_.set_retry_policy({.attempts = 1});
  const auto call = Read({Whole(503)});
  EXPECT_FALSE(call->result->ok());
  EXPECT_EQ(transport_.requests().size(), 1u);
}

TEST_F(ClientTest, RenewsTheTokenAfter401Once) {
  UseTokens();
  const auto call =
      Read({Whole(201, "t1"), Whole(401), Whole(201, "t2"), Whole(200, kBody)});
  EXPECT_TRUE(call->result->ok()) << call->status();
  EXPECT_EQ(Authorization(1), "t1");
  EXPECT_EQ(Authorization(3), "t2");

  const auto refused = Read({Whole(401), Whole(201, "t3"), Whole(401)});
  EXPECT_EQ(refused->status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(Reason(refused->status()), "UPSTREAM_CREDENTIALS_REJECTED");
  EXPECT_EQ(transport_.requests().size(), 7u);
}

TEST_F(ClientTest, CallsRefusedTogetherShareTheNewToken) {
  UseTokens();
  Read({Whole(201, "t1"), Whole(200, kBody)});
  const auto first = Begin();
  const auto second = Begin();
  transport_.Answer(Whole(401));
  transport_.Answer(Whole(401));
  executor_.RunUntilIdle();
  EXPECT_EQ(transport_.requests().size(), 5u) << "one new token is on its way";
  transport_.Answer(Whole(201, "t2"));
  transport_.Answer(Whole(200, kBody));
  transport_.Answer(Whole(200, kBody));
  executor_.RunUntilIdle();
  EXPECT_EQ(transport_.requests().size(), 7u);
  EXPECT_EQ(Authorization(5), "t2");
  EXPECT_EQ(Authorization(6), "t2");
  EXPECT_TRUE(first->done() && first->result->ok());
  EXPECT_TRUE(second->done() && second->result->ok());
}

TEST_F(ClientTest, LateRefusalOfAnOldTokenKeepsTheNewOne) {
  UseTokens();
  Read({Whole(201, "t1"), Whole(401), Whole(201, "t2"), Whole(200, kBody)});
  EXPECT_TRUE(
      client_.authorizer().Renew(target_.endpoint(), auth::Secret("t1")));
  Read({Whole(200, kBody)});
  EXPECT_EQ(Authorization(4), "t2");
}

TEST_F(ClientTest, CallWithoutATokenIsNotSent) {
  struct Case {
    ScriptedAnswer answer;
    Code code;
    std::string reason;
  };
  const Case cases[] = {
      {Whole(401), Code::kFailedPrecondition, "UPSTREAM_CREDENTIALS_REJECTED"},
      {Whole(500), Code::kUnavailable, "NOT_SENT"},
      {Broken(TransferError::kConnect, false), Code::kUnavailable, "NOT_SENT"},
      {Broken(TransferError::kReset, true), Code::kUnavailable, "NOT_SENT"},
  };
  UseTokens();
  for (const Case& c : cases) {
    const size_t before = transport_.requests().size();
    const auto call = Read({c.answer});
    EXPECT_EQ(call->status().code(), c.code) << call->status();
    EXPECT_EQ(Reason(call->status()), c.reason);
    EXPECT_EQ(transport_.requests().size() - before, 1u);
  }
  EXPECT_TRUE(Read({Whole(201, "t1"), Whole(200, kBody)})->result->ok());
}

}  // namespace
}  // namespace klarna::upstream

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "service/config/config.h"
#include "service/gateway/call.h"
#include "service/gateway/publish.h"
#include "service/gateway/subscribe.h"
#include "service/rest/route.h"
#include "service/runtime/random.h"
#include "service/upstream/client.h"
#include "tests/service/gateway/recorded_log.h"
#include "tests/service/gateway/scripted_transport.h"
#include "tests/service/transform/inline_transformers.h"
#include "tests/testing/manual_executor.h"

namespace klarna::testing {

// The same numbers in every run.
class CountingRandom final : public runtime::Random {
 public:
  uint64_t Next() override { return next_ += 0x9e3779b97f4a7c15; }

 private:
  uint64_t next_ = 0;
};

// The caller's end of a Publish.
class PublishCaller final : public gateway::PublishReply {
 public:
  void Finish(const absl::Status& status, std::string message) override {
    status_ = status;
    message_ = std::move(message);
  }
  bool caller_left() const override { return left_; }

  void Leave() { left_ = true; }
  bool finished() const { return status_.has_value(); }
  // Once finished().
  const absl::Status& status() const { return status_.value(); }
  const std::string& message() const { return message_; }

 private:
  bool left_ = false;
  std::optional<absl::Status> status_;
  std::string message_;
};

// What a finished call says of its change, either way. Nullopt if it says
// nothing.
std::optional<gateway::v1::Outcome> OutcomeOf(const PublishCaller& caller);

// What a Subscribe streamed to a reader that takes every message at once.
struct Streamed {
  std::vector<std::string> messages;
  std::optional<absl::Status> status;
};

// The gateway's engine between a caller and an upstream that are both the
// test's, on one thread and virtual time. One account, `shop`, merchant key
// M1, at https://api.klarna.example.
//
//   EngineUnderTest engine;
//   engine.transport().Answer(Whole(204));
//   auto caller = engine.Publish(service, request.SerializeAsString());
//   engine.executor().RunUntilIdle();
//   EXPECT_TRUE(caller->status().ok());
class EngineUnderTest {
 public:
  static constexpr char kBaseUri[] = "https://api.klarna.example";
  static constexpr char kAuthorization[] = "Basic c2hvcDpwYXNzd29yZA==";

  // Without retries, so that a test's script is what it seems.
  explicit EngineUnderTest(size_t intent_capacity = 1000,
                           upstream::RetryPolicy retry = {.attempts = 1});

  // Brings calls that wait for an answer to their end: a change is followed to
  // it, whoever asked for it.
  ~EngineUnderTest();

  // Begins a call. It goes on when the executor is turned, and is kept alive
  // until it is finished.
  std::shared_ptr<PublishCaller> Publish(const std::string& service,
                                         std::string request,
                                         gateway::CallContext context = {});

  // Lets a call go on to its end, or until it waits for an answer.
  void Continue(const PublishCaller& caller);

  // Serves a whole stream.
  Streamed Subscribe(const std::string& service, std::string request);

  // Transformers that calls and the account may name.
  InlineTransformers& UseTransformers(
      std::vector<config::Transformer> transformers);

  // `credentials` instead of user and password.
  void UseCredentials(std::shared_ptr<const auth::Credentials> credentials);

  config::Account& account() { return config_.accounts.front(); }
  // For calls from now on.
  config::Limits& limits() { return config_.limits; }
  // All lines of the log so far.
  const std::vector<std::string>& log_lines() const { return log_.lines(); }

  const rest::RouteTable& routes() const { return routes_; }
  ManualExecutor& executor() { return executor_; }
  ScriptedTransport& transport() { return transport_; }
  const ScriptedTransport& transport() const { return transport_; }
  CountingRandom& random() { return random_; }
  absl::Time WallNow() { return executor_.clock().WallNow(); }

 private:
  gateway::Resources MakeResources();

  ManualExecutor executor_;
  CountingRandom random_;
  RecordedLog log_;
  ScriptedTransport transport_{executor_};
  config::Config config_;
  const rest::RouteTable& routes_;  // Of all of them: compiling takes long.
  gateway::ResumeTokens tokens_;
  gateway::PageBudget budget_{int64_t{1} << 30};
  gateway::LocalIntentMemory intents_;
  std::unique_ptr<InlineTransformers> transformers_;
  upstream::Gate gate_;
  upstream::Client client_;
  std::vector<std::shared_ptr<PublishCaller>> callers_;
};

}  // namespace klarna::testing

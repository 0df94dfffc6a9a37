// SPDX-License-Identifier: Apache-2.0
#include "tests/service/gateway/engine_under_test.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "klarna/order_management/v1/order_management_service.pb.h"
#include "service/auth/credentials.h"
#include "service/rest/status_details.h"

namespace klarna::testing {
namespace {

// Takes each message at once and counts on the call's being alive until then.
class EagerReader final : public gateway::ResponseStream {
 public:
  EagerReader(ManualExecutor& executor, Streamed& streamed)
      : executor_(executor), streamed_(streamed) {}

  void ReadFor(gateway::SubscribeCall& call) { call_ = &call; }

  void Write(std::string message) override {
    streamed_.messages.push_back(std::move(message));
    executor_.Post([this] { call_->OnTaken(1); });
  }
  void Finish(const absl::Status& status) override {
    streamed_.status = status;
  }

 private:
  ManualExecutor& executor_;
  Streamed& streamed_;
  gateway::SubscribeCall* call_ = nullptr;
};

const rest::RouteTable& SharedRoutes() {
  static const rest::RouteTable* const routes = [] {
    auto compiled = rest::RouteTable::Compile(rest::LinkedServices());
    if (!compiled.ok()) {  // Nothing to test without them.
      std::fprintf(stderr, "%s\n", compiled.status().ToString().c_str());
      std::abort();
    }
    return std::move(*compiled).release();
  }();
  return *routes;
}

config::Config OneAccount() {
  config::Account account;
  account.name = "shop";
  account.merchant_key = "M1";
  account.endpoint = {.base_uri = EngineUnderTest::kBaseUri,
                      .credentials = std::make_shared<auth::BasicCredentials>(
                          "shop", auth::Secret("password"))};
  config::Config config;
  config.default_account_name = account.name;
  config.accounts.push_back(std::move(account));
  return config;
}

}  // namespace

std::optional<gateway::v1::Outcome> OutcomeOf(const PublishCaller& caller) {
  if (caller.status().ok()) {
    order_management::v1::PublishResponse response;  // All have it in field 1.
    if (!response.ParseFromString(caller.message())) return std::nullopt;
    return response.outcome();
  }
  gateway::v1::Outcome outcome;
  if (!rest::GetDetail(caller.status(), outcome)) return std::nullopt;
  return outcome;
}

EngineUnderTest::EngineUnderTest(size_t intent_capacity,
                                 upstream::RetryPolicy retry)
    : config_(OneAccount()),
      routes_(SharedRoutes()),
      tokens_({auth::Secret("0123456789abcdef0123456789abcdef")},
              absl::Hours(24), executor_.clock()),
      intents_(intent_capacity, executor_.clock(), absl::ZeroDuration()),
      gate_(config_.limits),
      client_(executor_, transport_, gate_, random_, log_, retry) {}

gateway::Resources EngineUnderTest::MakeResources() {
  return {executor_, client_, config_,
          tokens_,   budget_, intents_,
          random_,   log_,    transformers_.get()};
}

InlineTransformers& EngineUnderTest::UseTransformers(
    std::vector<config::Transformer> transformers) {
  config_.transformers = std::move(transformers);
  transformers_ = std::make_unique<InlineTransformers>(config_.transformers);
  return *transformers_;
}

EngineUnderTest::~EngineUnderTest() {
  transport_.Refuse();
  for (const std::shared_ptr<PublishCaller>& caller : callers_) {
    Continue(*caller);
  }
}

std::shared_ptr<PublishCaller> EngineUnderTest::Publish(
    const std::string& service, std::string request,
    gateway::CallContext context) {
  auto caller = std::make_shared<PublishCaller>();
  callers_.push_back(caller);
  gateway::ServePublish(MakeResources(), *routes_.Find(service, "Publish"),
                        std::move(context), std::move(request), caller);
  return caller;
}

void EngineUnderTest::Continue(const PublishCaller& caller) {
  executor_.RunUntilIdle();
  while (!caller.finished() && executor_.AdvanceToNextTimer()) {
  }
}

Streamed EngineUnderTest::Subscribe(const std::string& service,
                                    std::string request) {
  Streamed streamed;
  EagerReader reader(executor_, streamed);
  gateway::SubscribeCall call(MakeResources(),
                              *routes_.Find(service, "Subscribe"), {},
                              std::move(request), reader);
  reader.ReadFor(call);
  call.Start();
  executor_.RunUntilIdle();
  while (!streamed.status && executor_.AdvanceToNextTimer()) {
  }
  return streamed;
}

void EngineUnderTest::UseCredentials(
    std::shared_ptr<const auth::Credentials> credentials) {
  config_.accounts.front().endpoint.credentials = std::move(credentials);
}

}  // namespace klarna::testing

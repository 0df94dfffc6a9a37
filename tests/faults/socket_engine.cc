// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/socket_engine.h"

#include <optional>
#include <utility>

#include "klarna/order_management/v1/order_management_service.pb.h"
#include "service/auth/credentials.h"
#include "service/gateway/publish.h"
#include "service/gateway/subscribe.h"
#include "service/http/resolver.h"
#include "service/rest/status_details.h"

namespace klarna::faults {
namespace {

constexpr size_t kIntents = 2'000'000;

class SilentLog final : public observability::Log {
 public:
  bool Enabled(observability::Level) const override { return false; }
  void Write(observability::Level, std::string_view,
             observability::LogFields) override {}
};

class Caller final : public gateway::PublishReply {
 public:
  explicit Caller(std::function<void(Reply)> done) : done_(std::move(done)) {}

  void Finish(const absl::Status& status, std::string message) override {
    Reply reply{.status = status, .messages = {}};
    if (status.ok()) reply.messages.push_back(std::move(message));
    done_(std::move(reply));
  }
  bool caller_left() const override { return false; }

 private:
  const std::function<void(Reply)> done_;
};

config::Config OneAccount() {
  config::Account account;
  account.name = "shop";
  account.merchant_key = "M1";
  account.endpoint.credentials = std::make_shared<auth::BasicCredentials>(
      "shop", auth::Secret("password"));
  account.timeouts.total = absl::Seconds(20);
  config::Config config;
  config.default_account_name = account.name;
  config.accounts.push_back(std::move(account));
  return config;
}

}  // namespace

// All upstreams are addresses.
class SocketEngine::NoNames final : public http::Resolver {
 public:
  void Resolve(const std::string& /*host*/, runtime::Executor& executor,
               Callback callback) override {
    executor.Post([callback = std::move(callback)]() mutable {
      callback(absl::UnavailableError("no names here"));
    });
  }
};

// A Subscribe whose reader takes each message at once. Owns itself.
class SocketEngine::Stream final : public gateway::ResponseStream {
 public:
  static void Begin(const gateway::Resources& resources,
                    const rest::Method& method, const std::string& request,
                    Done done) {
    auto* stream = new Stream(resources.executor, std::move(done));
    stream->call_.emplace(resources, method, gateway::CallContext{}, request,
                          *stream);
    stream->call_->Start();
  }

  void Write(std::string message) override {
    reply_.messages.push_back(std::move(message));
    executor_.Post([this] { call_->OnTaken(1); });
  }
  // The call is still running.
  void Finish(const absl::Status& status) override {
    reply_.status = status;
    executor_.Post([this] {
      const std::unique_ptr<Stream> self(this);
      call_.reset();
      done_(std::move(reply_));
    });
  }

 private:
  Stream(runtime::Executor& executor, Done done)
      : executor_(executor), done_(std::move(done)) {}

  runtime::Executor& executor_;
  const Done done_;
  Reply reply_;
  std::optional<gateway::SubscribeCall> call_;
};

gateway::v1::Outcome Reply::outcome() const {
  if (status.ok()) {
    // All responses have it in field 1.
    order_management::v1::PublishResponse response;
    response.ParseFromString(messages.front());
    return response.outcome();
  }
  gateway::v1::Outcome outcome;
  rest::GetDetail(status, outcome);
  return outcome;
}

SocketEngine::SocketEngine(upstream::RetryPolicy retry)
    : log_(std::make_unique<SilentLog>()),
      resolver_(std::make_unique<NoNames>()),
      config_(OneAccount()),
      tokens_({auth::Secret("0123456789abcdef0123456789abcdef")},
              absl::Hours(24), clock_),
      intents_(std::make_unique<gateway::LocalIntentMemory>(
          kIntents, clock_, absl::ZeroDuration())),
      loop_(runtime::EventLoop::Create(clock_).value()),
      transport_(http::CurlTransport::Create(*loop_, *resolver_, {}).value()),
      retry_(retry) {}

SocketEngine::~SocketEngine() { loop_->Stop(); }

void SocketEngine::UseUpstream(const std::string& base_uri) {
  config_.accounts.front().endpoint.base_uri = base_uri;
}

void SocketEngine::ForgetIntents() {
  intents_ = std::make_unique<gateway::LocalIntentMemory>(kIntents, clock_,
                                                          absl::ZeroDuration());
}

gateway::Resources SocketEngine::MakeResources() {
  gates_.emplace_back(config_.limits);
  clients_.emplace_back(*loop_, *transport_, gates_.back(), random_, *log_,
                        retry_);
  return {*loop_,    clients_.back(), config_, tokens_, budget_,
          *intents_, random_,         *log_,   nullptr, nullptr};
}

void SocketEngine::Call(const rest::Method& method, const std::string& request,
                        Done done) {
  if (method.envelope.request_id != 0) {
    gateway::ServePublish(MakeResources(), method, {}, request,
                          std::make_shared<Caller>(std::move(done)));
  } else {
    Stream::Begin(MakeResources(), method, request, std::move(done));
  }
}

}  // namespace klarna::faults

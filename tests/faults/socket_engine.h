// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "service/config/config.h"
#include "service/gateway/call.h"
#include "service/gateway/intent_memory.h"
#include "service/gateway/page_window.h"
#include "service/gateway/resume_token.h"
#include "service/http/curl_transport.h"
#include "service/observability/log.h"
#include "service/rest/route.h"
#include "service/runtime/event_loop.h"
#include "service/runtime/system_clock.h"
#include "service/upstream/client.h"

namespace klarna::faults {

// What a caller got.
struct Reply {
  absl::Status status;
  std::vector<std::string> messages;

  // Of a Publish.
  gateway::v1::Outcome outcome() const;
};

// The gateway's engine and its HTTP, without gRPC, between a caller in this
// process and an upstream on a socket. One account. On one loop.
class SocketEngine {
 public:
  explicit SocketEngine(upstream::RetryPolicy retry);
  ~SocketEngine();

  // An upstream may live on it, too. It has not started yet.
  runtime::EventLoop& loop() { return *loop_; }
  void Start() { loop_->Start(); }
  void Stop() { loop_->Stop(); }

  // Between calls.
  void UseUpstream(const std::string& base_uri);
  void ForgetIntents();

  // From the loop's thread, which also tells `done`. The request of a Publish
  // or of a Subscribe.
  using Done = std::function<void(Reply)>;
  void Call(const rest::Method& method, const std::string& request, Done done);

 private:
  class NoNames;
  class Stream;

  gateway::Resources MakeResources();

  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  std::unique_ptr<observability::Log> log_;
  std::unique_ptr<NoNames> resolver_;
  config::Config config_;
  gateway::ResumeTokens tokens_;
  gateway::PageBudget budget_{int64_t{1} << 30};
  std::unique_ptr<gateway::LocalIntentMemory> intents_;
  std::unique_ptr<runtime::EventLoop> loop_;
  std::unique_ptr<http::CurlTransport> transport_;
  const upstream::RetryPolicy retry_;
  // One for each call, so that no breaker opens.
  std::deque<upstream::Gate> gates_;
  std::deque<upstream::Client> clients_;
};

}  // namespace klarna::faults

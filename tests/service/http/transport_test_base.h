// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "service/http/curl_transport.h"
#include "service/http/resolver.h"
#include "service/http/transport.h"
#include "service/runtime/event_loop.h"
#include "service/runtime/system_clock.h"
#include "tests/testing/notification.h"

namespace klarna::http {

// Answers every name with what the test has set, or keeps its callers waiting.
// Set before the first request.
class FakeResolver final : public Resolver {
 public:
  void Resolve(const std::string& host, runtime::Executor& executor,
               Callback callback) override;

  absl::StatusOr<std::vector<IpAddress>> answer =
      absl::UnavailableError("no such host");
  bool silent = false;

 private:
  std::vector<Callback> waiting_;
};

// One request and what came of it. The hooks run on the loop's thread; the rest
// is to be read after Wait.
struct Exchange final : public ResponseSink {
  void OnHead(HttpResponseHead received) override;
  bool OnBody(std::string_view chunk) override;
  void OnDone(TransferResult received) override;

  // Waits for OnDone.
  Exchange& Wait();

  std::function<void()> on_head = [] {};
  std::function<bool(std::string_view)> on_body = [](std::string_view) {
    return true;
  };

  std::optional<HttpResponseHead> head;
  std::string body;
  TransferResult result;

  std::unique_ptr<Transfer> transfer;
  testing::Notification done;
};

// A CurlTransport on a running loop.
class TransportTest : public ::testing::Test {
 protected:
  TransportTest();
  ~TransportTest() override;

  // Made at the first use, with `options` and `resolver` as they are then.
  CurlTransport& transport();

  void RunOnLoop(runtime::Executor::Task task);
  void Start(Exchange& exchange, HttpRequest request);
  // Destroys the transfer.
  void Abort(Exchange& exchange);
  // Start, Wait and Abort.
  std::unique_ptr<Exchange> Fetch(HttpRequest request);

  CurlTransportOptions options;
  FakeResolver resolver;
  runtime::SystemClock clock;

 private:
  std::unique_ptr<runtime::EventLoop> loop_;
  std::unique_ptr<CurlTransport> transport_;
};

// Requests with short time-outs, for a server that answers at once.
HttpRequest Get(const std::string& url);
HttpRequest Post(const std::string& url, const std::string& body);

// A whole answer with status 200.
std::string Ok(const std::string& body);

}  // namespace klarna::http

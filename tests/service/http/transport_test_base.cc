// SPDX-License-Identifier: Apache-2.0
#include "tests/service/http/transport_test_base.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/testing/notification.h"

namespace klarna::http {

void FakeResolver::Resolve(const std::string& /*host*/,
                           runtime::Executor& executor, Callback callback) {
  if (silent) {
    waiting_.push_back(std::move(callback));
    return;
  }
  executor.Post(
      [callback = std::move(callback), this]() mutable { callback(answer); });
}

void Exchange::OnHead(HttpResponseHead received) {
  EXPECT_FALSE(head.has_value()) << "a second OnHead";
  EXPECT_FALSE(done.Happened()) << "OnHead after OnDone";
  head = std::move(received);
  on_head();
}

bool Exchange::OnBody(std::string_view chunk) {
  EXPECT_TRUE(head.has_value()) << "OnBody before OnHead";
  EXPECT_FALSE(done.Happened()) << "OnBody after OnDone";
  EXPECT_FALSE(chunk.empty());
  body += chunk;
  return on_body(chunk);
}

void Exchange::OnDone(TransferResult received) {
  ASSERT_FALSE(done.Happened()) << "a second OnDone";
  result = std::move(received);
  done.Notify();
}

Exchange& Exchange::Wait() {
  done.Wait();
  return *this;
}

TransportTest::TransportTest()
    : loop_(runtime::EventLoop::Create(clock).value()) {
  loop_->Start();
}

TransportTest::~TransportTest() {
  RunOnLoop([this] { transport_.reset(); });
  loop_->Stop();
}

CurlTransport& TransportTest::transport() {
  if (transport_ == nullptr) {
    transport_ = CurlTransport::Create(*loop_, resolver, options).value();
  }
  return *transport_;
}

void TransportTest::RunOnLoop(runtime::Executor::Task task) {
  testing::Notification done;
  loop_->Post([&] {
    task();
    done.Notify();
  });
  done.Wait();
}

void TransportTest::Start(Exchange& exchange, HttpRequest request) {
  CurlTransport& started = transport();
  RunOnLoop([&] {
    exchange.transfer = started.Start(std::move(request), exchange);
    EXPECT_FALSE(exchange.done.Happened()) << "OnDone within Start";
  });
}

void TransportTest::Abort(Exchange& exchange) {
  RunOnLoop([&] { exchange.transfer.reset(); });
}

std::unique_ptr<Exchange> TransportTest::Fetch(HttpRequest request) {
  auto exchange = std::make_unique<Exchange>();
  Start(*exchange, std::move(request));
  exchange->Wait();
  Abort(*exchange);
  return exchange;
}

HttpRequest Get(const std::string& url) {
  HttpRequest request;
  request.method = "GET";
  request.url = url;
  request.timeout = absl::Seconds(20);
  return request;
}

HttpRequest Post(const std::string& url, const std::string& body) {
  HttpRequest request = Get(url);
  request.method = "POST";
  request.body = body;
  request.mutation = true;
  return request;
}

std::string Ok(const std::string& body) {
  return absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(),
                      "\r\n\r\n", body);
}

}  // namespace klarna::http

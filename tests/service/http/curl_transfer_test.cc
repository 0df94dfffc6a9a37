// SPDX-License-Identifier: Apache-2.0
#include "service/http/curl_transfer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "tests/service/http/transport_test_base.h"
#include "tests/testing/notification.h"
#include "tests/testing/raw_http_server.h"

namespace klarna::http {
namespace {

using ::klarna::testing::Close;
using ::klarna::testing::Hold;
using ::klarna::testing::RawHttpServer;
using ::klarna::testing::ReadRequest;
using ::klarna::testing::Send;
using ::klarna::testing::Trickle;

using CurlTransferTest = TransportTest;

// --- Time.

TEST_F(CurlTransferTest, ASlowTrickleEndsAtTheTimeout) {
  RawHttpServer server(
      {{ReadRequest(), Send("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"),
        Trickle(std::string(9000, 'x'), absl::Milliseconds(5))}});
  HttpRequest request = Get(server.Url("/"));
  request.timeout = absl::Milliseconds(60);
  const auto exchange = Fetch(request);
  EXPECT_EQ(exchange->result.error, TransferError::kTimeout);
  EXPECT_TRUE(exchange->result.request_sent);
  EXPECT_LT(exchange->body.size(), 9000u);
}

TEST_F(CurlTransferTest, SilenceEndsAtTheIdleTimeout) {
  RawHttpServer server({{ReadRequest(), Hold()}});
  HttpRequest request = Get(server.Url("/"));
  request.timeout = absl::ZeroDuration();
  request.idle_timeout = absl::Seconds(1);
  const auto exchange = Fetch(request);
  EXPECT_EQ(exchange->result.error, TransferError::kTimeout);
  EXPECT_TRUE(exchange->result.request_sent);
}

// --- Pause, resume, abort.

TEST_F(CurlTransferTest, APausedTransferStopsTheServer) {
  constexpr size_t kPiece = 64 << 10;
  constexpr size_t kPieces = 2048;  // 128 MiB: more than buffers can hold.
  RawHttpServer server(
      {{ReadRequest(),
        Send(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ",
                          kPiece * kPieces, "\r\n\r\n")),
        Send(std::string(kPiece, 'x'), kPieces)}});
  Exchange exchange;
  size_t received = 0;
  bool resumed = false;
  exchange.on_body = [&](std::string_view chunk) {
    received += chunk.size();
    exchange.body.clear();
    return resumed;
  };
  HttpRequest request = Get(server.Url("/"));
  request.max_body_bytes = 0;
  Start(exchange, request);
  EXPECT_TRUE(server.WaitUntilBlocked(0));
  RunOnLoop([&] {
    EXPECT_LE(received, 64u << 10);
    resumed = true;
    exchange.transfer->Resume();
  });
  EXPECT_EQ(exchange.Wait().result.error, TransferError::kNone);
  EXPECT_EQ(received, kPiece * kPieces);
  Abort(exchange);
}

TEST_F(CurlTransferTest, PausingAtEveryChunkLosesNothing) {
  std::string body;
  for (int i = 0; body.size() < 300'000; ++i) absl::StrAppend(&body, i, ",");
  RawHttpServer server({{ReadRequest(), Send(Ok(body))}});
  Exchange exchange;
  exchange.on_body = [&](std::string_view) {
    exchange.transfer->Resume();
    return false;
  };
  Start(exchange, Get(server.Url("/")));
  EXPECT_EQ(exchange.Wait().body, body);
  Abort(exchange);
}

TEST_F(CurlTransferTest, TheEndWaitsForResume) {
  RawHttpServer server({{ReadRequest(), Send(Ok("hi")), Close()}});
  Exchange exchange;
  testing::Notification got_body;
  exchange.on_body = [&](std::string_view) {
    got_body.Notify();
    return false;
  };
  Start(exchange, Get(server.Url("/")));
  got_body.Wait();
  server.WaitForEnd(0);
  RunOnLoop([] {});
  EXPECT_FALSE(exchange.done.Happened());
  RunOnLoop([&] { exchange.transfer->Resume(); });
  EXPECT_EQ(exchange.Wait().result.error, TransferError::kNone);
  Abort(exchange);
}

TEST_F(CurlTransferTest, AbortInTheBodyClosesTheConnection) {
  RawHttpServer server(
      {{ReadRequest(), Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"),
        Hold()}});
  Exchange exchange;
  testing::Notification got_body;
  exchange.on_body = [&](std::string_view) {
    got_body.Notify();
    return true;
  };
  Start(exchange, Get(server.Url("/")));
  got_body.Wait();
  Abort(exchange);
  server.WaitForEnd(0);
  EXPECT_FALSE(exchange.done.Happened());
}

TEST_F(CurlTransferTest, AbortBeforeTheAnswerClosesTheConnection) {
  RawHttpServer server({{ReadRequest(), Hold()}});
  Exchange exchange;
  Start(exchange, Get(server.Url("/")));
  server.WaitForRequests(1);
  Abort(exchange);
  server.WaitForEnd(0);
  EXPECT_FALSE(exchange.done.Happened());
}

TEST_F(CurlTransferTest, AbortBeforeTheTransferHasBegunSendsNothing) {
  RawHttpServer server({{ReadRequest(), Send(Ok(""))}});
  Exchange exchange;
  CurlTransport& made = transport();
  RunOnLoop([&] { made.Start(Get(server.Url("/")), exchange).reset(); });
  RunOnLoop([] {});
  EXPECT_FALSE(exchange.done.Happened());
  EXPECT_EQ(server.ConnectionCount(), 0u);
}

TEST_F(CurlTransferTest, AbortWithinOnHeadAndOnBodyIsSafe) {
  for (bool in_head : {true, false}) {
    RawHttpServer server(
        {{ReadRequest(), Send(Ok(std::string(100'000, 'x'))), Hold()}});
    Exchange exchange;
    int bodies = 0;
    exchange.on_head = [&] {
      if (in_head) exchange.transfer.reset();
    };
    exchange.on_body = [&](std::string_view) {
      ++bodies;
      exchange.transfer.reset();
      return true;
    };
    Start(exchange, Get(server.Url("/")));
    server.WaitForEnd(0);
    RunOnLoop([] {});
    EXPECT_EQ(bodies, in_head ? 0 : 1);
    EXPECT_FALSE(exchange.done.Happened());
  }
}

TEST_F(CurlTransferTest, AbortOfAnotherTransferWithinACallbackIsSafe) {
  RawHttpServer held({{ReadRequest(), Hold()}});
  RawHttpServer server({{ReadRequest(), Send(Ok("hi"))}});
  Exchange other;
  Start(other, Get(held.Url("/")));
  held.WaitForRequests(1);
  Exchange exchange;
  exchange.on_body = [&](std::string_view) {
    other.transfer.reset();
    return true;
  };
  Start(exchange, Get(server.Url("/")));
  EXPECT_EQ(exchange.Wait().body, "hi");
  held.WaitForEnd(0);
  EXPECT_FALSE(other.done.Happened());
  Abort(exchange);
}

TEST_F(CurlTransferTest, StartWithinACallbackIsSafe) {
  RawHttpServer server(
      {{ReadRequest(), Send(Ok("1"))}, {ReadRequest(), Send(Ok("2"))}});
  CurlTransport& made = transport();
  Exchange first;
  Exchange second;
  first.on_body = [&](std::string_view) {
    second.transfer = made.Start(Get(server.Url("/")), second);
    return true;
  };
  Start(first, Get(server.Url("/")));
  EXPECT_EQ(second.Wait().result.error, TransferError::kNone);
  EXPECT_EQ(first.Wait().body, "1");
  Abort(first);
  Abort(second);
}

}  // namespace
}  // namespace klarna::http

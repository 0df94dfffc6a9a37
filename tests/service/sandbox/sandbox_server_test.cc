// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/sandbox_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/sandbox/http_server.h"
#include "tests/service/sandbox/world.h"
#include "tests/testing/notification.h"

namespace klarna::sandbox {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A connection that shows the very bytes.
class Connection {
 public:
  explicit Connection(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // So that a lost answer fails the test instead of blocking it.
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&address),
                      sizeof(address)),
              0);
  }
  ~Connection() { close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Send(absl::string_view bytes) {
    EXPECT_EQ(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  void Get(absl::string_view target) {
    Send(absl::StrCat("GET ", target,
                      " HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Basic "
                      "klarna_test_api_sandbox\r\n\r\n"));
  }

  // All that comes until `end` or the end of the connection.
  std::string ReadUntil(absl::string_view end) {
    std::string bytes;
    char buffer[65536];
    while (end.empty() || !absl::StrContains(bytes, end)) {
      const ssize_t n = recv(fd_, buffer, sizeof(buffer), 0);
      reset_ = n < 0 && errno == ECONNRESET;
      if (n <= 0) break;
      bytes.append(buffer, static_cast<size_t>(n));
    }
    return bytes;
  }
  std::string ReadAll() { return ReadUntil(""); }
  bool was_reset() const { return reset_; }

 private:
  int fd_;
  bool reset_ = false;
};

std::unique_ptr<HttpServer> Serve(HttpServer::Handler handler) {
  auto server = HttpServer::Start(0, std::move(handler));
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

Answer Text(std::string body) {
  Answer answer;
  answer.body = std::move(body);
  return answer;
}

TEST(HttpServerTest, HandsOverTheRequestAsItWas) {
  Request seen;
  const auto server = Serve([&](const Request& request) {
    seen = request;
    return Text("done");
  });
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    Connection connection(server->port());
    connection.Send(absl::StrCat(
        method,
        " //a/%7B%7D/..?x=%20&y HTTP/1.1\r\nHost: h\r\nX-One: 1\r\n"
        "Content-Length: 5\r\n\r\nab\r\nc"));
    connection.ReadUntil("done");
    EXPECT_EQ(seen.method, method);
    EXPECT_EQ(seen.path, "//a/%7B%7D/..");
    EXPECT_EQ(seen.query, "x=%20&y");
    EXPECT_EQ(seen.body, "ab\r\nc");
    EXPECT_EQ(*seen.Find("x-one"), "1");
  }
}

TEST(HttpServerTest, KeepsConnectionsAlive) {
  int requests = 0;
  const auto server = Serve([&](const Request&) {
    return Text(absl::StrCat("answer ", ++requests));
  });
  Connection connection(server->port());
  for (const char* expected : {"answer 1", "answer 2", "answer 3"}) {
    connection.Get("/");
    EXPECT_THAT(connection.ReadUntil(expected), EndsWith(expected));
  }
}

TEST(HttpServerTest, SendsNoContentTypeOfItsOwn) {
  const auto server = Serve([](const Request&) {
    Answer answer;
    answer.status = 429;
    return answer;
  });
  Connection connection(server->port());
  connection.Get("/");
  const std::string bytes = connection.ReadUntil("\r\n\r\n");
  EXPECT_THAT(bytes, StartsWith("HTTP/1.1 429 "));
  EXPECT_FALSE(absl::StrContains(bytes, "Content-Type"));
  EXPECT_THAT(bytes, HasSubstr("Content-Length: 0\r\n"));
}

// A body of `parts` parts of 64 KiB; counts how many were asked for.
Answer Parts(int parts, std::atomic<int>* asked) {
  Answer answer;
  answer.more = [parts, asked, made = 0](std::string* part) mutable {
    *part = std::string(64 * 1024, 'x');
    ++*asked;
    return made++ < parts;
  };
  return answer;
}

TEST(HttpServerTest, StreamsInChunks) {
  std::atomic<int> asked = 0;
  const auto server = Serve([&](const Request&) { return Parts(100, &asked); });
  Connection connection(server->port());
  connection.Get("/");
  const std::string bytes = connection.ReadUntil("\r\n0\r\n\r\n");
  EXPECT_THAT(bytes, HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_THAT(bytes, EndsWith("\r\n0\r\n\r\n"));
  EXPECT_GT(bytes.size(), 100u * 64 * 1024);
  connection.Get("/");  // The connection is still good.
  EXPECT_THAT(connection.ReadUntil("\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 200"));
}

TEST(HttpServerTest, WaitsForASlowReaderAndServesTheOthers) {
  std::atomic<int> asked = 0;
  const auto server = Serve([&](const Request& request) {
    if (request.path == "/endless") return Parts(1 << 30, &asked);
    return Text("quick");
  });
  Connection slow(server->port());
  slow.Get("/endless");
  slow.ReadUntil("\r\n\r\n");
  // If the server did not wait it would never come to these.
  for (int i = 0; i < 100; ++i) {
    Connection quick(server->port());
    quick.Get("/");
    EXPECT_THAT(quick.ReadUntil("quick"), EndsWith("quick"));
  }
  EXPECT_LT(asked, 1000);
}

TEST(HttpServerTest, OutlivesClientsThatLeave) {
  std::atomic<int> asked = 0;
  const auto server = Serve([&](const Request& request) {
    if (request.path == "/endless") return Parts(1 << 30, &asked);
    Answer late = Text("late");
    late.delay = absl::Milliseconds(1);
    return late;
  });
  for (int i = 0; i < 50; ++i) {
    Connection leaves(server->port());
    leaves.Get(i % 2 == 0 ? "/endless" : "/late");
    if (i % 4 == 0) leaves.ReadUntil("\r\n\r\n");
  }
  Connection stays(server->port());
  stays.Get("/late");
  EXPECT_THAT(stays.ReadUntil("late"), EndsWith("late"));
}

TEST(HttpServerTest, FreesAnAnswerWhoseCallerLeftBeforeItWasDue) {
  testing::Notification freed;
  const auto server = Serve([&](const Request&) {
    Answer answer;
    answer.delay = absl::Milliseconds(50);
    answer.more = [life = std::shared_ptr<void>(nullptr, [&](void*) {
                     freed.Notify();
                   })](std::string*) { return true; };
    return answer;
  });
  {
    Connection leaves(server->port());
    leaves.Get("/");
  }
  freed.Wait();
}

TEST(HttpServerTest, StopsWithWorkOnItsHands) {
  std::atomic<int> asked = 0;
  auto server = Serve([&](const Request& request) {
    if (request.path == "/endless") return Parts(1 << 30, &asked);
    Answer never = Text("never");
    never.delay = absl::Hours(1);
    return never;
  });
  Connection streaming(server->port());
  streaming.Get("/endless");
  streaming.ReadUntil("\r\n\r\n");
  Connection waiting(server->port());
  waiting.Get("/late");
  server->Run([] {});
  server.reset();
  EXPECT_EQ(waiting.ReadAll(), "");
}

TEST(HttpServerTest, DeliversNoMoreThanItShould) {
  struct Case {
    Delivery delivery;
    std::string framing;
    std::string end;
    bool reset;
  };
  for (const Case& c : {
           Case{Delivery::kTruncated, "Content-Length: 10\r\n", "01234", false},
           Case{Delivery::kUnfinished, "Transfer-Encoding: chunked\r\n",
                "5\r\n01234\r\n", false},
           Case{Delivery::kUnframed, "Connection: close\r\n", "01234", false},
           Case{Delivery::kNone, "", "", false},
           Case{Delivery::kReset, "", "", true},
       }) {
    const auto server = Serve([&](const Request&) {
      Answer answer = Text("0123456789");
      answer.delivery = c.delivery;
      return answer;
    });
    Connection connection(server->port());
    connection.Get("/");
    const std::string bytes = connection.ReadAll();
    EXPECT_THAT(bytes, HasSubstr(c.framing));
    EXPECT_THAT(bytes, EndsWith(c.end));
    EXPECT_EQ(bytes.empty(), c.framing.empty());
    EXPECT_EQ(connection.was_reset(), c.reset);
  }
}

TEST(HttpServerTest, SaysThatAPortIsTaken) {
  const auto first = Serve([](const Request&) { return Answer{}; });
  const auto second =
      HttpServer::Start(first->port(), [](const Request&) { return Answer{}; });
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr(absl::StrCat(first->port())));
}

TEST(SandboxServerTest, ServesKlarna) {
  testing::ManualClock clock;
  SandboxOptions options;
  options.control = true;
  const auto sandbox = SandboxServer::Start(options, 0, clock);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  EXPECT_EQ((*sandbox)->url(),
            absl::StrCat("http://127.0.0.1:", (*sandbox)->port()));
  Connection connection((*sandbox)->port());
  connection.Get("/settlements/v1/payouts/PAYOUT00001");
  EXPECT_THAT(connection.ReadUntil("transactions?"),
              HasSubstr("\"payment_reference\":\"PAYOUT00001\""));
  (*sandbox)->With(
      [](Klarna& klarna) { klarna.faults().Add({.status = 503}); });
  Connection second((*sandbox)->port());
  second.Get("/settlements/v1/payouts");
  EXPECT_THAT(second.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
  second.Get("/sandbox/ids");
  EXPECT_THAT(second.ReadUntil("PAYOUT00001"), HasSubstr("PAYOUT00001"));
}

TEST(SandboxServerTest, HasNoControlUnlessAsked) {
  testing::ManualClock clock;
  const auto sandbox = SandboxServer::Start(SandboxOptions{}, 0, clock);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  Connection connection((*sandbox)->port());
  connection.Get("/sandbox/ids");
  EXPECT_THAT(connection.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace klarna::sandbox

// SPDX-License-Identifier: Apache-2.0
#include "service/http/curl_transport.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/service/http/transport_test_base.h"
#include "tests/testing/gzip.h"
#include "tests/testing/raw_http_server.h"

namespace klarna::http {
namespace {

using ::klarna::testing::Close;
using ::klarna::testing::Gzip;
using ::klarna::testing::Hold;
using ::klarna::testing::RawHttpServer;
using ::klarna::testing::RawScript;
using ::klarna::testing::ReadRequest;
using ::klarna::testing::Reset;
using ::klarna::testing::Send;

class CurlTransportTest : public TransportTest {
 protected:
  // The answer of a server that sends `bytes` and closes.
  std::unique_ptr<Exchange> FetchRaw(const std::string& bytes) {
    RawHttpServer server({{ReadRequest(), Send(bytes), Close()}});
    return Fetch(Get(server.Url("/")));
  }
};

// --- What goes out.

TEST_F(CurlTransportTest, SendsExactlyWhatIsAskedForAGet) {
  RawHttpServer server({{ReadRequest(), Send(Ok(""))}});
  HttpRequest request = Get(server.Url("/orders?size=2"));
  request.headers = {{"Authorization", "Basic abc"}, {"X-Empty", ""}};
  Fetch(request);
  EXPECT_EQ(server.Received(0),
            absl::StrCat("GET /orders?size=2 HTTP/1.1\r\n"
                         "Host: 127.0.0.1:",
                         server.port(),
                         "\r\nAccept-Encoding: identity\r\n"
                         "Authorization: Basic abc\r\nX-Empty:\r\n\r\n"));
}

TEST_F(CurlTransportTest, SendsExactlyWhatIsAskedForAPost) {
  RawHttpServer server({{ReadRequest(), Send(Ok(""))}});
  HttpRequest request = Post(server.Url("/captures"), "{\"a\":1}");
  request.headers = {{"Content-Type", "application/json"}};
  Fetch(request);
  EXPECT_EQ(server.Received(0),
            absl::StrCat("POST /captures HTTP/1.1\r\n"
                         "Host: 127.0.0.1:",
                         server.port(),
                         "\r\nAccept-Encoding: identity\r\n"
                         "Content-Type: application/json\r\n"
                         "Content-Length: 7\r\n\r\n{\"a\":1}"));
}

TEST_F(CurlTransportTest, AnEmptyBodyHasContentLengthZero) {
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    RawHttpServer server({{ReadRequest(), Send(Ok(""))}});
    HttpRequest request = Post(server.Url("/"), "");
    request.method = method;
    Fetch(request);
    EXPECT_EQ(
        server.Received(0),
        absl::StrCat(method, " / HTTP/1.1\r\nHost: 127.0.0.1:", server.port(),
                     "\r\nAccept-Encoding: identity\r\n"
                     "Content-Length: 0\r\n\r\n"));
  }
}

TEST_F(CurlTransportTest, SendsABodyOfSeveralMegabytesWhole) {
  RawHttpServer server({{ReadRequest(), Send(Ok("thanks"))}});
  const std::string body(7 << 20, 'x');
  const auto exchange = Fetch(Post(server.Url("/"), body));
  EXPECT_EQ(exchange->body, "thanks");
  EXPECT_TRUE(server.Received(0).ends_with("\r\n\r\n" + body));
  EXPECT_FALSE(absl::StrContains(server.Received(0), "Expect"));
}

TEST_F(CurlTransportTest, ParentSegmentsOfThePathGoOutAsTheyAre) {
  RawHttpServer server({{ReadRequest(), Send(Ok(""))}});
  Fetch(Get(server.Url("/orders/../%2e%2e/./b//c")));
  EXPECT_TRUE(
      server.Received(0).starts_with("GET /orders/../%2e%2e/./b//c HTTP/1.1"));
}

TEST_F(CurlTransportTest, RefusesABadRequestBeforeAnyConnection) {
  RawHttpServer server({{ReadRequest(), Send(Ok(""))}});
  HttpRequest request = Get(server.Url("/"));
  request.headers = {{"X-Key", "a\r\nX-Evil: 1"}};
  const auto exchange = Fetch(request);
  EXPECT_EQ(exchange->result.error, TransferError::kBadRequest);
  EXPECT_FALSE(exchange->result.request_sent);
  EXPECT_FALSE(absl::StrContains(exchange->result.detail, "X-Evil"));
  EXPECT_EQ(server.ConnectionCount(), 0u);
}

TEST_F(CurlTransportTest, UsesAConnectionAgain) {
  RawHttpServer server({{ReadRequest(), Send(Ok("1")), ReadRequest(),
                         Send(Ok("2")), ReadRequest(), Send(Ok("3"))}});
  EXPECT_EQ(Fetch(Get(server.Url("/")))->body, "1");
  EXPECT_EQ(Fetch(Post(server.Url("/"), "{}"))->body, "2");
  EXPECT_EQ(Fetch(Get(server.Url("/")))->body, "3");
  EXPECT_EQ(server.ConnectionCount(), 1u);
}

TEST_F(CurlTransportTest, RunsManyTransfersAtOnce) {
  constexpr int kTransfers = 50;
  RawHttpServer server(std::vector<RawScript>(
      kTransfers, {ReadRequest(), Send(Ok(std::string(100'000, 'x')))}));
  std::vector<Exchange> exchanges(kTransfers);
  for (Exchange& exchange : exchanges) {
    Start(exchange, Get(server.Url("/")));
  }
  for (Exchange& exchange : exchanges) {
    EXPECT_EQ(exchange.Wait().body.size(), 100'000u);
    Abort(exchange);
  }
}

TEST_F(CurlTransportTest, IgnoresProxiesOfTheEnvironment) {
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY",
                           "https_proxy", "HTTPS_PROXY"}) {
    setenv(name, "http://127.0.0.1:1", 1);
  }
  EXPECT_EQ(FetchRaw(Ok("direct"))->body, "direct");
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY",
                           "https_proxy", "HTTPS_PROXY"}) {
    unsetenv(name);
  }
}

TEST_F(CurlTransportTest, KeepsNoCookiesAndNoStrictTransportSecurity) {
  RawHttpServer server(
      {{ReadRequest(),
        Send("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nStrict-Transport-Security: "
             "max-age=9999\r\nAlt-Svc: h2=\":1\"\r\nContent-Length: 0\r\n\r\n"),
        ReadRequest(), Send(Ok("plain"))}});
  Fetch(Get(server.Url("/")));
  EXPECT_EQ(Fetch(Get(server.Url("/")))->body, "plain");
  EXPECT_FALSE(absl::StrContains(server.Received(0), "Cookie"));
}

TEST_F(CurlTransportTest, UsesNoPasswordsOfTheHomeDirectory) {
  const std::string home = ::testing::TempDir() + "curl_transport_test_home";
  std::system(("mkdir -p " + home +
               " && echo 'machine 127.0.0.1 login a "
               "password b' > " +
               home + "/.netrc")
                  .c_str());
  const char* before = std::getenv("HOME");
  const std::string old_home = before == nullptr ? "" : before;
  setenv("HOME", home.c_str(), 1);
  RawHttpServer server({{ReadRequest(), Send(Ok(""))}});
  Fetch(Get(server.Url("/")));
  EXPECT_FALSE(absl::StrContains(server.Received(0), "Authorization"));
  setenv("HOME", old_home.c_str(), 1);
}

TEST_F(CurlTransportTest, DoesNotFollowRedirects) {
  for (int status : {301, 302, 303, 307, 308}) {
    RawHttpServer sink({{ReadRequest(), Send(Ok("followed"))}});
    const auto exchange = FetchRaw(
        absl::StrCat("HTTP/1.1 ", status, " Moved\r\nLocation: ", sink.Url("/"),
                     "\r\nContent-Length: 0\r\n\r\n"));
    ASSERT_TRUE(exchange->head.has_value());
    EXPECT_EQ(exchange->head->status, status);
    EXPECT_EQ(exchange->result.error, TransferError::kNone);
    EXPECT_EQ(sink.ConnectionCount(), 0u);
  }
}

// --- What comes in.

TEST_F(CurlTransportTest, GivesTheHeadAsReceived) {
  const auto exchange = FetchRaw(
      "HTTP/1.1 201 Created\r\nCapture-Id: 4b\r\nX-A: 1\r\nx-a:  2 \r\n"
      "Content-Length: 0\r\n\r\n");
  ASSERT_TRUE(exchange->head.has_value());
  EXPECT_EQ(exchange->head->status, 201);
  EXPECT_EQ(exchange->head->headers, (Headers{{"Capture-Id", "4b"},
                                              {"X-A", "1"},
                                              {"x-a", "2"},
                                              {"Content-Length", "0"}}));
  EXPECT_EQ(FindHeader(exchange->head->headers, "capture-id"), "4b");
}

TEST_F(CurlTransportTest, SkipsInterimHeads) {
  const auto exchange = FetchRaw(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  ASSERT_TRUE(exchange->head.has_value());
  EXPECT_EQ(exchange->head->status, 200);
  EXPECT_EQ(exchange->head->headers.size(), 1u);
  EXPECT_EQ(exchange->body, "hi");
}

struct Ending {
  const char* name;
  const char* answer;  // What comes before the connection is closed.
  TransferError error;
  bool framed;
  const char* body;
};

class CurlTransportEndingTest : public CurlTransportTest,
                                public ::testing::WithParamInterface<Ending> {};

TEST_P(CurlTransportEndingTest, SaysHowTheAnswerEnded) {
  const auto exchange = FetchRaw(GetParam().answer);
  EXPECT_EQ(TransferErrorName(exchange->result.error),
            TransferErrorName(GetParam().error))
      << exchange->result.detail;
  EXPECT_EQ(exchange->result.framed, GetParam().framed);
  EXPECT_TRUE(exchange->result.request_sent);
  EXPECT_EQ(exchange->body, GetParam().body);
}

#define HEAD "HTTP/1.1 200 OK\r\n"
INSTANTIATE_TEST_SUITE_P(
    Answers, CurlTransportEndingTest,
    ::testing::Values(
        Ending{"Whole", HEAD "Content-Length: 2\r\n\r\nhi",
               TransferError::kNone, true, "hi"},
        Ending{"WholeChunks",
               HEAD "Transfer-Encoding: chunked\r\n\r\n"
                    "2\r\nhi\r\n1\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\n",
               TransferError::kNone, true, "hi!"},
        Ending{"NoContent", "HTTP/1.1 204 No Content\r\n\r\n",
               TransferError::kNone, true, ""},
        Ending{"CloseDelimited", HEAD "\r\nhi", TransferError::kNone, false,
               "hi"},
        Ending{"ContentLengthTooLong", HEAD "Content-Length: 9\r\n\r\nhi",
               TransferError::kTruncated, true, "hi"},
        Ending{"ChunksWithoutEnd",
               HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
               TransferError::kTruncated, true, "hi"},
        Ending{"ChunksWithoutTrailersEnd",
               HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n",
               TransferError::kTruncated, true, "hi"},
        Ending{"ChunkCut", HEAD "Transfer-Encoding: chunked\r\n\r\n9\r\nhi",
               TransferError::kTruncated, true, "hi"},
        Ending{"Nothing", "", TransferError::kReset, false, ""},
        Ending{"HeadCut", HEAD "Content-Le", TransferError::kReset, false, ""},
        Ending{"OnlyInterim", "HTTP/1.1 100 Continue\r\n\r\n",
               TransferError::kReset, false, ""},
        Ending{"NotHttp", "SSH-2.0-OpenSSH_9.2\r\n", TransferError::kMalformed,
               false, ""},
        Ending{"Http09", "<html>hello</html>", TransferError::kMalformed, false,
               ""},
        Ending{"FoldedHeader", HEAD "X-A: 1\r\n 2\r\n\r\n",
               TransferError::kMalformed, false, ""},
        Ending{"TwoLengths",
               HEAD "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",
               TransferError::kMalformed, false, ""},
        Ending{"GzipNotAskedFor",
               HEAD "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi",
               TransferError::kMalformed, false, ""},
        Ending{"BrotliNotAskedFor",
               HEAD "content-encoding: br\r\nContent-Length: 2\r\n\r\nhi",
               TransferError::kMalformed, false, ""},
        Ending{"TransferEncodingOtherThanChunked",
               HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
               TransferError::kMalformed, false, ""}),
    [](const auto& test) { return test.param.name; });
#undef HEAD

TEST_F(CurlTransportTest, AResetInTheBodyIsReset) {
  RawHttpServer server(
      {{ReadRequest(), Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"),
        Reset()}});
  const auto exchange = Fetch(Get(server.Url("/")));
  EXPECT_EQ(exchange->result.error, TransferError::kReset);
  EXPECT_TRUE(exchange->result.request_sent);
}

TEST_F(CurlTransportTest, AFloodOfHeadersIsRefused) {
  const std::string line = "X-Flood: " + std::string(1000, 'a') + "\r\n";
  std::string flood = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 100; ++i) flood += line;
  EXPECT_EQ(FetchRaw(flood + "\r\n")->result.error,
            TransferError::kHeadersTooLarge);
}

TEST_F(CurlTransportTest, AFloodOfInterimHeadsIsRefused) {
  std::string flood;
  for (int i = 0; i < 1000; ++i) flood += "HTTP/1.1 103 Early Hints\r\n\r\n";
  EXPECT_EQ(FetchRaw(flood + Ok(""))->result.error,
            TransferError::kHeadersTooLarge);
}

TEST_F(CurlTransportTest, AHeaderWithoutEndIsRefused) {
  EXPECT_EQ(FetchRaw("HTTP/1.1 200 OK\r\nX: " + std::string(400'000, 'a'))
                ->result.error,
            TransferError::kHeadersTooLarge);
}

TEST_F(CurlTransportTest, ABodyOverTheLimitIsCutOff) {
  RawHttpServer server(
      {{ReadRequest(), Send(Ok(std::string(100'000, 'x'))), Close()}});
  HttpRequest request = Get(server.Url("/"));
  request.max_body_bytes = 50'000;
  const auto exchange = Fetch(request);
  EXPECT_EQ(exchange->result.error, TransferError::kBodyTooLarge);
  EXPECT_LE(exchange->body.size(), 50'000u);
}

TEST_F(CurlTransportTest, DecodesGzipOnlyWhenItWasAskedFor) {
  const std::string wire = Gzip("{\"a\": 1}");
  const std::string answer = absl::StrCat(
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
      "Content-Length: ",
      wire.size(), "\r\n\r\n", wire);
  RawHttpServer server({{ReadRequest(), Send(answer)}});
  HttpRequest request = Get(server.Url("/"));
  request.accept_gzip = true;
  EXPECT_EQ(Fetch(request)->body, "{\"a\": 1}");
  EXPECT_TRUE(
      absl::StrContains(server.Received(0), "\r\nAccept-Encoding: gzip\r\n"));
  EXPECT_EQ(FetchRaw(answer)->result.error, TransferError::kMalformed);
}

TEST_F(CurlTransportTest, AGzipBombStopsAtTheLimit) {
  const std::string bomb = Gzip(std::string(64 << 20, '0'));
  RawHttpServer server(
      {{ReadRequest(),
        Send(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                          "Content-Length: ",
                          bomb.size(), "\r\n\r\n", bomb))}});
  HttpRequest request = Get(server.Url("/"));
  request.accept_gzip = true;
  request.max_body_bytes = 1 << 20;
  // Stopping at every chunk, so that some of it is decoded in Resume.
  Exchange exchange;
  exchange.on_body = [&](std::string_view) {
    exchange.transfer->Resume();
    return false;
  };
  Start(exchange, request);
  EXPECT_EQ(exchange.Wait().result.error, TransferError::kBodyTooLarge);
  EXPECT_TRUE(exchange.result.request_sent);
  EXPECT_LE(exchange.body.size(), 1u << 20);
  Abort(exchange);
}

// --- Where it goes.

TEST_F(CurlTransportTest, ARefusedConnectionIsNotSent) {
  std::string url;
  {
    RawHttpServer gone({});
    url = gone.Url("/");
  }
  const auto exchange = Fetch(Post(url, "{}"));
  EXPECT_EQ(exchange->result.error, TransferError::kConnect);
  EXPECT_FALSE(exchange->result.request_sent);
}

TEST_F(CurlTransportTest, ANameThatDoesNotResolveIsNotSent) {
  const auto exchange = Fetch(Post("https://api.example/", "{}"));
  EXPECT_EQ(exchange->result.error, TransferError::kResolve);
  EXPECT_FALSE(exchange->result.request_sent);
}

TEST_F(CurlTransportTest, ANameAtAPrivateAddressIsRefused) {
  RawHttpServer server({{ReadRequest(), Send(Ok(""))}});
  for (const char* address : {"127.0.0.1", "10.1.2.3", "169.254.169.254", "::1",
                              "fd00::1", "::ffff:127.0.0.1", "0.0.0.0"}) {
    const IpAddress ip = *IpAddress::Parse(address);
    RunOnLoop([&] { resolver.answer = std::vector<IpAddress>{ip}; });
    const auto exchange =
        Fetch(Get(absl::StrCat("https://api.example:", server.port(), "/")));
    EXPECT_EQ(exchange->result.error, TransferError::kResolve) << address;
    EXPECT_FALSE(exchange->result.request_sent);
    EXPECT_EQ(server.ConnectionCount(), 0u) << address;
  }
}

// The second look-up leads to a server of the gateway's own network, after the
// first one led outside.
TEST_F(CurlTransportTest, ANameThatMovesToAPrivateAddressIsRefused) {
  RawHttpServer server({{ReadRequest(), Send(Ok(""))}});
  options.connect_timeout = absl::Milliseconds(50);
  const std::string url =
      absl::StrCat("https://api.example:", server.port(), "/");
  resolver.answer = std::vector<IpAddress>{*IpAddress::Parse("198.51.100.1")};
  const auto outside = Fetch(Get(url));
  EXPECT_FALSE(outside->result.request_sent);
  for (int again = 0; again < 3; ++again) {
    RunOnLoop([&] {
      resolver.answer = std::vector<IpAddress>{*IpAddress::Parse("127.0.0.1")};
    });
    EXPECT_EQ(Fetch(Get(url))->result.error, TransferError::kResolve);
  }
  // One of several is enough to refuse it, or to leave it out.
  RunOnLoop([&] {
    resolver.answer = std::vector<IpAddress>{*IpAddress::Parse("198.51.100.1"),
                                             *IpAddress::Parse("127.0.0.1")};
  });
  EXPECT_FALSE(Fetch(Get(url))->result.request_sent);
  EXPECT_EQ(server.ConnectionCount(), 0u);
}

TEST_F(CurlTransportTest, APrivateAddressIsConnectedToWhenAllowed) {
  RawHttpServer server({{Hold()}});  // Says nothing to the TLS handshake.
  options.allow_private_addresses = true;
  options.connect_timeout = absl::Milliseconds(50);
  resolver.answer = std::vector<IpAddress>{*IpAddress::Parse("127.0.0.1")};
  const auto exchange =
      Fetch(Get(absl::StrCat("https://api.example:", server.port(), "/")));
  EXPECT_EQ(exchange->result.error, TransferError::kConnect);
  EXPECT_EQ(server.ConnectionCount(), 1u);
}

TEST_F(CurlTransportTest, ALiteralPrivateAddressIsRefused) {
  const auto exchange = Fetch(Get("https://169.254.169.254/latest"));
  EXPECT_EQ(exchange->result.error, TransferError::kResolve);
  EXPECT_FALSE(exchange->result.request_sent);
}

TEST_F(CurlTransportTest, LocalhostNeedsNoResolver) {
  RawHttpServer server({{ReadRequest(), Send(Ok("local"))}});
  resolver.silent = true;
  EXPECT_EQ(
      Fetch(Get(absl::StrCat("http://localhost:", server.port(), "/")))->body,
      "local");
}

TEST_F(CurlTransportTest, ASilentResolverDoesNotStallOthersAndTimesOut) {
  RawHttpServer server({{ReadRequest(), Send(Ok("hi"))}});
  resolver.silent = true;
  options.connect_timeout = absl::Milliseconds(80);
  Exchange stalled;
  Start(stalled, Get("https://api.example/"));
  EXPECT_EQ(Fetch(Get(server.Url("/")))->body, "hi");
  EXPECT_EQ(stalled.Wait().result.error, TransferError::kResolve);
  EXPECT_FALSE(stalled.result.request_sent);
  Abort(stalled);
}

TEST_F(CurlTransportTest, CreateRefusesAnUnreadableCaFile) {
  options.ca_file = "/nonexistent/ca.pem";
  auto loop = runtime::EventLoop::Create(clock);
  EXPECT_EQ(CurlTransport::Create(**loop, resolver, options).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace klarna::http

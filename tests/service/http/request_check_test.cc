// SPDX-License-Identifier: Apache-2.0
#include "service/http/request_check.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"

namespace klarna::http {
namespace {

absl::StatusOr<RequestTarget> CheckUrl(const std::string& url) {
  HttpRequest request;
  request.method = "GET";
  request.url = url;
  return CheckRequest(request);
}

bool AcceptsHeader(const std::string& name, const std::string& value) {
  HttpRequest request;
  request.method = "GET";
  request.url = "https://api.example/";
  request.headers = {{name, value}};
  return CheckRequest(request).ok();
}

TEST(RequestCheckTest, ReadsWhereARequestGoes) {
  struct Case {
    const char* url;
    bool tls;
    const char* host;
    uint16_t port;
    bool literal;
    bool loopback;
  };
  constexpr Case kCases[] = {
      {"https://api.klarna.com/a?b=c", true, "api.klarna.com", 443, false,
       false},
      {"https://api.klarna.com:8443/", true, "api.klarna.com", 8443, false,
       false},
      {"https://8.8.8.8/", true, "8.8.8.8", 443, true, false},
      {"https://[2a00::1]/", true, "2a00::1", 443, true, false},
      {"https://[2a00::1]:65535/", true, "2a00::1", 65535, true, false},
      {"http://127.0.0.1:80/", false, "127.0.0.1", 80, true, true},
      {"http://[::1]/", false, "::1", 80, true, true},
      {"http://localhost:1/", false, "localhost", 1, false, true},
      {"http://LocalHost/", false, "LocalHost", 80, false, true},
      {"https://sandbox/", true, "sandbox", 443, false, false},
      {"https://a_b.x-1.example/%2e%2E/../;=@:$&'()*+,!~", true,
       "a_b.x-1.example", 443, false, false},
  };
  for (const Case& c : kCases) {
    const absl::StatusOr<RequestTarget> target = CheckUrl(c.url);
    ASSERT_TRUE(target.ok()) << c.url << ": " << target.status();
    EXPECT_EQ(target->tls, c.tls) << c.url;
    EXPECT_EQ(target->host, c.host) << c.url;
    EXPECT_EQ(target->port, c.port) << c.url;
    EXPECT_EQ(target->address.has_value(), c.literal) << c.url;
    EXPECT_EQ(target->loopback, c.loopback) << c.url;
  }
}

TEST(RequestCheckTest, RefusesUrls) {
  const std::string cases[] = {
      "",
      "/path",
      "https://",
      "https:///path",
      "https://host",
      "https://host?a=b",
      "HTTPS://host/",
      "ftp://host/",
      "file:///etc/passwd",
      "http://api.example/",
      "http://10.0.0.1/",
      "http://localhost.example/",
      "https://user@host/",
      "https://user:password@host/",
      "https://127.0.0.1@evil.example/",
      "https://host:/",
      "https://host:0/",
      "https://host:65536/",
      "https://host:99999999999999999999/",
      "https://host:+80/",
      "https://host: 80/",
      "https://host:80:80/",
      "https://.host/",
      "https://host./",
      "https://ho..st/",
      "https://ho st/",
      "https://h\xc3\xb6st/",
      "https://127.1/",
      "https://2130706433/",
      "https://0x7f000001/",
      "https://127.0.0.0x1/",
      "https://0127.0.0.1/",
      "https://256.256.256.256/",
      "https://[127.0.0.1]/",
      "https://[::1/",
      "https://::1/",
      "https://[fe80::1%25lo]/",
      "https://[::1]x/",
      "https://host/a b",
      "https://host/a\tb",
      "https://host/a\r\nX-Evil: 1",
      "https://host/a#b",
      "https://host/a\\b",
      "https://host/a\"b",
      "https://host/{a}",
      "https://host/[a]",
      "https://host/\xc3\xb6",
      "https://host/%",
      "https://host/%2",
      "https://host/%zz",
      "https://host\\@evil.example/",
      std::string("https://host/a\0b", 16),
      "https://host/" + std::string(10'000, 'a'),
      "https://" + std::string(64, 'a') + ".example/",
      "https://" + std::string(300, 'a') + "/",
  };
  for (const std::string& url : cases) {
    EXPECT_EQ(CheckUrl(url).status().code(), absl::StatusCode::kInvalidArgument)
        << url;
  }
}

TEST(RequestCheckTest, EveryByteOfAHeadersNameIsChecked) {
  const std::string tokens =
      "!#$%&'*+-.^_`|~0123456789"
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    EXPECT_EQ(AcceptsHeader(std::string("X") + c, "v"),
              tokens.find(c) != std::string::npos)
        << byte;
  }
  EXPECT_FALSE(AcceptsHeader("", "v"));
}

TEST(RequestCheckTest, EveryByteOfAHeadersValueIsChecked) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string value = {'a', static_cast<char>(byte), 'b'};
    EXPECT_EQ(AcceptsHeader("X", value),
              byte == '\t' || (byte >= ' ' && byte <= '~'))
        << byte;
  }
}

TEST(RequestCheckTest, RefusesHeadersThatFrameTheMessage) {
  for (const char* name :
       {"Host", "Content-Length", "content-length", "Transfer-Encoding",
        "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer",
        "Upgrade", "Expect", "Accept-Encoding"}) {
    EXPECT_FALSE(AcceptsHeader(name, "1")) << name;
  }
  EXPECT_TRUE(AcceptsHeader("Klarna-Idempotency-Key", "1"));
}

TEST(RequestCheckTest, RefusesTooManyBytesOfHeaders) {
  EXPECT_TRUE(AcceptsHeader("X", std::string(30'000, 'a')));
  EXPECT_FALSE(AcceptsHeader("X", std::string(33'000, 'a')));
}

TEST(RequestCheckTest, RefusesOtherMethodsAndABodyOfGet) {
  HttpRequest request;
  request.url = "https://api.example/";
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    request.method = method;
    EXPECT_TRUE(CheckRequest(request).ok()) << method;
  }
  for (const char* method :
       {"", "get", "HEAD", "CONNECT", "TRACE", "GET /x HTTP/1.1\r\n"}) {
    request.method = method;
    EXPECT_FALSE(CheckRequest(request).ok()) << method;
  }
  request.method = "GET";
  request.body = "{}";
  EXPECT_FALSE(CheckRequest(request).ok());
}

TEST(RequestCheckTest, TheErrorNamesTheHeaderButNotItsValue) {
  HttpRequest request;
  request.method = "GET";
  request.url = "https://api.example/";
  request.headers = {{"Authorization", "secret\n"}};
  const std::string text(CheckRequest(request).status().message());
  EXPECT_TRUE(absl::StrContains(text, "Authorization")) << text;
  EXPECT_FALSE(absl::StrContains(text, "secret")) << text;
}

}  // namespace
}  // namespace klarna::http

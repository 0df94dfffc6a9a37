// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/http/curl_transport.h"
#include "tests/service/http/transport_test_base.h"
#include "tests/testing/raw_http_server.h"
#include "tests/testing/test_certificate.h"

namespace klarna::http {
namespace {

using ::klarna::testing::Close;
using ::klarna::testing::Hold;
using ::klarna::testing::MakeTestCertificate;
using ::klarna::testing::RawHttpServer;
using ::klarna::testing::ReadRequest;
using ::klarna::testing::Send;
using ::klarna::testing::TestCertificate;

class CurlTransportTlsTest : public TransportTest {
 protected:
  void Trust(const TestCertificate& certificate) {
    options.ca_file = ::testing::TempDir() + "curl_transport_tls_test_ca.pem";
    std::ofstream(options.ca_file) << certificate.certificate;
  }
  void ExpectTlsRefusal(const std::string& url) {
    const auto exchange = Fetch(Post(url, "{}"));
    EXPECT_EQ(exchange->result.error, TransferError::kTls)
        << exchange->result.detail;
    EXPECT_FALSE(exchange->result.request_sent);
  }

  const TestCertificate certificate_ =
      MakeTestCertificate("DNS:api.example,IP:127.0.0.1");
};

TEST_F(CurlTransportTlsTest, TrustsTheCertificatesOfTheCaFile) {
  Trust(certificate_);
  RawHttpServer server(
      {{ReadRequest(), Send(Ok("1")), ReadRequest(), Send(Ok("2"))}},
      certificate_);
  EXPECT_EQ(Fetch(Get(server.Url("/")))->body, "1");
  EXPECT_EQ(Fetch(Get(server.Url("/")))->body, "2");
  EXPECT_EQ(server.ConnectionCount(), 1u);
}

TEST_F(CurlTransportTlsTest, ReachesAHostByName) {
  Trust(certificate_);
  options.allow_private_addresses = true;
  resolver.answer = std::vector<IpAddress>{*IpAddress::Parse("127.0.0.1")};
  RawHttpServer server({{ReadRequest(), Send(Ok("named"))}}, certificate_);
  EXPECT_EQ(Fetch(Get(absl::StrCat("https://api.example:", server.port(), "/")))
                ->body,
            "named");
}

TEST_F(CurlTransportTlsTest, RefusesACertificateOfAnotherAuthority) {
  Trust(MakeTestCertificate("IP:127.0.0.1"));
  RawHttpServer server({{ReadRequest(), Send(Ok(""))}}, certificate_);
  ExpectTlsRefusal(server.Url("/"));
}

TEST_F(CurlTransportTlsTest, RefusesASelfSignedCertificate) {
  RawHttpServer server({{ReadRequest(), Send(Ok(""))}}, certificate_);
  ExpectTlsRefusal(server.Url("/"));
}

TEST_F(CurlTransportTlsTest, RefusesACertificateOfAnotherHost) {
  const TestCertificate other = MakeTestCertificate("DNS:other.example");
  Trust(other);
  RawHttpServer server({{ReadRequest(), Send(Ok(""))}}, other);
  ExpectTlsRefusal(server.Url("/"));
}

TEST_F(CurlTransportTlsTest, RefusesAPeerThatDoesNotSpeakTls) {
  Trust(certificate_);
  RawHttpServer server({{Send("HTTP/1.1 400 Bad Request\r\n\r\n"), Close()}});
  ExpectTlsRefusal(absl::StrCat("https://127.0.0.1:", server.port(), "/"));
}

TEST_F(CurlTransportTlsTest, ASilentHandshakeEndsAtTheConnectTimeout) {
  Trust(certificate_);
  options.connect_timeout = absl::Milliseconds(60);
  RawHttpServer server({{Hold()}});
  const auto exchange =
      Fetch(Post(absl::StrCat("https://127.0.0.1:", server.port(), "/"), "{}"));
  EXPECT_EQ(exchange->result.error, TransferError::kConnect);
  EXPECT_FALSE(exchange->result.request_sent);
}

TEST_F(CurlTransportTlsTest, ASilentCloseSendsTheMutationOnce) {
  Trust(certificate_);
  RawHttpServer server({{ReadRequest(), Send(Ok("")), ReadRequest(), Close()},
                        {ReadRequest(), Send(Ok(""))}},
                       certificate_);
  Fetch(Get(server.Url("/")));
  const auto exchange = Fetch(Post(server.Url("/"), "{}"));
  EXPECT_EQ(exchange->result.error, TransferError::kReset);
  EXPECT_TRUE(exchange->result.request_sent);
  EXPECT_EQ(server.RequestCount(), 2u);
}

// libcurl takes such a connection for alive: the peer's last record waits to be
// read. A change that goes out on it is lost, and nobody knows whether it was
// executed.
TEST_F(CurlTransportTlsTest, AChangeAvoidsAConnectionThatWasClosedInOrder) {
  Trust(certificate_);
  RawHttpServer server(
      {{ReadRequest(), Send(Ok("1"))},
       {ReadRequest(), Send(Ok("2")), ReadRequest(), Send(Ok("3"))}},
      certificate_);
  EXPECT_EQ(Fetch(Get(server.Url("/")))->body, "1");
  server.WaitForEnd(0);
  const auto exchange = Fetch(Post(server.Url("/"), "{}"));
  EXPECT_EQ(exchange->result.error, TransferError::kNone)
      << exchange->result.detail;
  EXPECT_EQ(exchange->body, "2");
  // One that is open is used again.
  EXPECT_EQ(Fetch(Post(server.Url("/"), "{}"))->body, "3");
  EXPECT_EQ(server.ConnectionCount(), 2u);
}

}  // namespace
}  // namespace klarna::http

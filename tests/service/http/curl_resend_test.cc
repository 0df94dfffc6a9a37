// SPDX-License-Identifier: Apache-2.0
// What is written to the wire, and how often. libcurl sends a request again of
// its own accord when a connection that it used before turns out to be dead;
// for a change of money that would be a second change.
#include <gtest/gtest.h>

#include <string>

#include "service/http/curl_transport.h"
#include "tests/service/http/transport_test_base.h"
#include "tests/testing/raw_http_server.h"

namespace klarna::http {
namespace {

using ::klarna::testing::Close;
using ::klarna::testing::RawHttpServer;
using ::klarna::testing::RawScript;
using ::klarna::testing::RawStep;
using ::klarna::testing::ReadRequest;
using ::klarna::testing::Reset;
using ::klarna::testing::Send;

struct Mutation {
  const char* name;
  const char* method;
  const char* body;
  // Whether it goes over the connection of the request before it.
  bool reuses;
};

class CurlResendTest : public TransportTest,
                       public ::testing::WithParamInterface<Mutation> {
 protected:
  // A GET that leaves a connection open, then the mutation; on whichever
  // connection it comes, the server takes it whole and ends with `ending`.
  void MutateOnADyingConnection(const RawStep& ending) {
    const RawScript healthy = {ReadRequest(), Send(Ok(""))};
    const RawScript first = {ReadRequest(), Send(Ok("")), ReadRequest(),
                             ending};
    const RawScript second =
        GetParam().reuses ? healthy : RawScript{ReadRequest(), ending};
    RawHttpServer server({first, second, healthy});
    Fetch(Get(server.Url("/warm")));

    HttpRequest request = Get(server.Url("/change"));
    request.method = GetParam().method;
    request.body = GetParam().body;
    request.mutation = true;
    const auto exchange = Fetch(request);

    EXPECT_EQ(exchange->result.error, TransferError::kReset);
    EXPECT_TRUE(exchange->result.request_sent);
    EXPECT_FALSE(exchange->head.has_value());
    EXPECT_EQ(server.RequestCount(), 2u) << "the mutation was sent again";
    // libcurl may go as far as to open another connection.
    for (size_t i = GetParam().reuses ? 1 : 2; i < server.ConnectionCount();
         ++i) {
      EXPECT_EQ(server.Received(i), "");
    }
  }
};

TEST_P(CurlResendTest, SilentCloseOfTheConnectionSendsTheMutationOnce) {
  MutateOnADyingConnection(Close());
}

TEST_P(CurlResendTest, ResetOfTheConnectionSendsTheMutationOnce) {
  MutateOnADyingConnection(Reset());
}

TEST_P(CurlResendTest, OnlyABodyMayGoOverAKeptConnection) {
  const RawScript script = {ReadRequest(), Send(Ok("")), ReadRequest(),
                            Send(Ok(""))};
  RawHttpServer server({script, script});
  Fetch(Get(server.Url("/warm")));
  HttpRequest request = Post(server.Url("/change"), GetParam().body);
  request.method = GetParam().method;
  EXPECT_EQ(Fetch(request)->result.error, TransferError::kNone);
  EXPECT_EQ(server.ConnectionCount(), GetParam().reuses ? 1u : 2u);
}

INSTANTIATE_TEST_SUITE_P(
    Mutations, CurlResendTest,
    ::testing::Values(Mutation{"PostWithBody", "POST", "{\"amount\":1}", true},
                      Mutation{"PatchWithBody", "PATCH", "{}", true},
                      Mutation{"PutWithBody", "PUT", "{}", true},
                      Mutation{"DeleteWithBody", "DELETE", "{}", true},
                      Mutation{"PostWithoutBody", "POST", "", false},
                      Mutation{"PatchWithoutBody", "PATCH", "", false},
                      Mutation{"PutWithoutBody", "PUT", "", false},
                      Mutation{"DeleteWithoutBody", "DELETE", "", false}),
    [](const auto& test) { return test.param.name; });

using CurlRetryOfReadsTest = TransportTest;

TEST_F(CurlRetryOfReadsTest, AReadOnADeadConnectionIsSentAgain) {
  RawHttpServer server({{ReadRequest(), Send(Ok("1")), ReadRequest(), Close()},
                        {ReadRequest(), Send(Ok("2"))}});
  Fetch(Get(server.Url("/")));
  const auto exchange = Fetch(Get(server.Url("/")));
  EXPECT_EQ(exchange->result.error, TransferError::kNone);
  EXPECT_EQ(exchange->body, "2");
}

TEST_F(CurlRetryOfReadsTest, AReadWithABodyIsSentAgainWithTheWholeBody) {
  RawHttpServer server({{ReadRequest(), Send(Ok("1")), ReadRequest(), Close()},
                        {ReadRequest(), Send(Ok("2"))}});
  Fetch(Get(server.Url("/")));
  HttpRequest request = Post(server.Url("/options"), "{\"a\":1}");
  request.mutation = false;
  const auto exchange = Fetch(request);
  EXPECT_EQ(exchange->body, "2");
  EXPECT_TRUE(server.Received(1).ends_with("\r\n\r\n{\"a\":1}"));
}

}  // namespace
}  // namespace klarna::http

// SPDX-License-Identifier: Apache-2.0
//
// Floods that Debian 12's gRPC does not stand, at nghttpx in front of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "tests/attacks/attacked_gateway.h"
#include "tests/attacks/raw_http2.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::testing {
namespace {

using ::testing::Le;

constexpr char kProxy[] = "/usr/sbin/nghttpx";
constexpr long kMebibytes = 64;

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

class ProxyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (access(kProxy, X_OK) != 0) {
      GTEST_SKIP() << kProxy << " is missing: apt-get install nghttp2-proxy";
    }
    gateway_ = std::make_unique<AttackedGateway>("", "unix:" + socket_);
    WriteConfiguration();
    proxy_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{kProxy, "--conf=" + configuration_});
    ASSERT_NE(proxy_->WaitForLine("Created worker thread"), "");
    ASSERT_TRUE(AttackedGateway::Serves(port_));
  }
  void TearDown() override {
    unlink(configuration_.c_str());
    unlink(socket_.c_str());
  }

  // deploy/nghttpx.conf, but for the addresses.
  void WriteConfiguration() {
    std::ifstream from(KLARNA_SOURCE_DIR "/deploy/nghttpx.conf");
    std::ofstream to(configuration_);
    for (std::string line; std::getline(from, line);) {
      if (absl::StartsWith(line, "frontend=")) {
        line = absl::StrCat("frontend=127.0.0.1,", port_, ";no-tls");
      } else if (absl::StartsWith(line, "backend=")) {
        line = absl::StrCat("backend=unix:", socket_, ";;proto=h2");
      }
      to << line << "\n";
    }
    // Ends with the test.
    to << "single-process=yes\n";
  }

  void ExpectUnharmed() {
    EXPECT_TRUE(AttackedGateway::Serves(port_));
    EXPECT_THAT(gateway_->Growth(), Le(kMebibytes));
    std::printf("the gateway's memory grew by %ld MiB\n", gateway_->Growth());
  }

  const std::string name_ =
      absl::StrCat(::testing::TempDir(), "/proxy-", getpid());
  const std::string configuration_ = name_ + ".conf";
  const std::string socket_ = name_ + ".sock";
  const int port_ = FreePort();
  const std::string hello_ =
      kHttp2Preface + MakeFrame(Http2Frame::kSettings, 0, 0, "");
  std::unique_ptr<AttackedGateway> gateway_;
  std::unique_ptr<ChildProcess> proxy_;
};

TEST_F(ProxyTest, KeepsAFloodOfResetsAway) {
  constexpr int kResets = 200'000;
  int connections = 0;
  const std::string headers = GrpcHeaders(AttackedGateway::kPath);
  const std::string cancel("\0\0\0\10", 4);
  for (int sent = 0; sent < kResets && connections < 1000;) {
    RawConnection connection(port_);
    ++connections;
    bool open = connection.Send(hello_);
    for (uint32_t stream = 1; open && sent < kResets;) {
      std::string block;
      for (int i = 0; i < 100; ++i, ++sent, stream += 2) {
        block += MakeFrame(Http2Frame::kHeaders, kEndHeaders, stream, headers) +
                 MakeFrame(Http2Frame::kRstStream, 0, stream, cancel);
      }
      open = connection.Send(block);
    }
  }
  std::printf("%d resets on %d connections\n", kResets, connections);
  ExpectUnharmed();
}

TEST_F(ProxyTest, KeepsAFloodOfHeadersAway) {
  constexpr size_t kBytes = 64 << 20;
  const std::string piece(16'000, 'a');
  // A header of 100 MiB whose end never comes.
  const std::string begin = GrpcHeaders(AttackedGateway::kPath) +
                            std::string("\0\1x\177\201\377\377\57", 8);
  const absl::Time began = absl::Now();
  size_t sent = 0;
  for (int connections = 0; sent < kBytes && connections < 1000;
       ++connections) {
    RawConnection connection(port_);
    bool open =
        connection.Send(hello_ + MakeFrame(Http2Frame::kHeaders, 0, 1, begin));
    while (open && sent < kBytes) {
      open = connection.Send(MakeFrame(Http2Frame::kContinuation, 0, 1, piece));
      sent += piece.size();
    }
  }
  ExpectUnharmed();
  // gRPC itself takes half a minute of a processor for them.
  EXPECT_LT(absl::Now() - began, absl::Seconds(10));
  std::printf("%zu MiB of headers in %.1f s\n", sent >> 20,
              absl::ToDoubleSeconds(absl::Now() - began));
}

TEST_F(ProxyTest, KeepsFloodsOfSmallFramesAway) {
  constexpr size_t kBytes = 8 << 20;
  const std::string call = MakeFrame(Http2Frame::kHeaders, kEndHeaders, 1,
                                     GrpcHeaders(AttackedGateway::kPath));
  for (const std::string& frame :
       {MakeFrame(Http2Frame::kSettings, 0, 0, ""),
        MakeFrame(Http2Frame::kPing, 0, 0, "12345678"),
        MakeFrame(Http2Frame::kData, 0, 1, "")}) {
    RawConnection connection(port_);
    bool open = connection.Send(hello_ + call);
    std::string block;
    while (block.size() < 16384) block += frame;
    for (size_t sent = 0; open && sent < kBytes; sent += block.size()) {
      open = connection.Send(block);
    }
  }
  ExpectUnharmed();
}

TEST_F(ProxyTest, LetsAWholeListThrough) {
  settlements::v1::SubscribeRequest request;
  request.mutable_list_transactions()->set_payment_reference("PAYOUT00001");
  int rows = 0;
  const grpc::Status status = ReadStream<settlements::v1::SubscribeResponse>(
      ConnectTo(port_), "klarna.settlements.v1.SettlementsService", request,
      [&](const settlements::v1::SubscribeResponse& message) {
        rows += message.transactions().transactions_size();
        return true;
      });
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(rows, AttackedGateway::kTransactions);
}

}  // namespace
}  // namespace klarna::testing

// SPDX-License-Identifier: Apache-2.0
//
// Clients that hold connections or flood them, at the gateway itself: others
// are served, and memory stays bounded. What gRPC does not stand, the proxy of
// deploy/nghttpx.conf keeps away: proxy_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "tests/attacks/attacked_gateway.h"
#include "tests/attacks/raw_http2.h"

namespace klarna::testing {
namespace {

using ::testing::Le;

constexpr long kMebibytes = 64;

class HostileClientTest : public ::testing::Test {
 protected:
  // Sends `attack` over and over on a connection of its own, until it has sent
  // `bytes` or is cut off.
  void Flood(const std::string& before, const std::string& attack,
             size_t bytes) {
    RawConnection connection(gateway_.port());
    std::string block;
    while (block.size() < 16384) block += attack;
    if (!connection.Send(before)) return;
    for (size_t sent = 0; sent < bytes; sent += block.size()) {
      if (!connection.Send(block)) return;
    }
  }

  // Pages of waiting streams are a matter of configuration.
  AttackedGateway gateway_{"limits: {page_budget_bytes: 16777216}\n"};
  const std::string hello_ =
      kHttp2Preface + MakeFrame(Http2Frame::kSettings, 0, 0, "");
};

TEST_F(HostileClientTest, ConnectionsThatSayNothingAreClosedInTime) {
  std::vector<RawConnection> connections;
  const absl::Time began = absl::Now();
  for (int i = 0; i < 300; ++i) {
    connections.emplace_back(gateway_.port());
    connections.emplace_back(gateway_.port());
    connections.back().Send(std::string(kHttp2Preface).substr(0, 12));
  }
  EXPECT_TRUE(gateway_.Serves());
  const absl::Time in_time = began + absl::Seconds(8);
  for (RawConnection& connection : connections) {
    EXPECT_TRUE(connection.IsClosedWithin(in_time - absl::Now()));
  }
  EXPECT_TRUE(gateway_.Serves());
}

// Half a frame head at a time.
TEST_F(HostileClientTest, TricklingClientsDoNotHinderOthers) {
  std::vector<RawConnection> connections;
  for (int i = 0; i < 300; ++i) {
    connections.emplace_back(gateway_.port());
    connections.back().Send(hello_);
  }
  const std::string call = GrpcCall(1, "/a.B/C", "");
  for (size_t byte = 0; byte < 20; ++byte) {
    for (RawConnection& connection : connections) {
      connection.Send(call.substr(byte, 1));
    }
    EXPECT_TRUE(gateway_.Serves());
  }
  EXPECT_THAT(gateway_.Growth(), Le(kMebibytes));
}

// gRPC answers what comes at once, and the allocator keeps what that took.
TEST_F(HostileClientTest, FloodsOfSmallFramesHoldSoMuchAndNoMore) {
  constexpr size_t kBytes = 8 << 20;
  const std::string call = MakeFrame(Http2Frame::kHeaders, kEndHeaders, 1,
                                     GrpcHeaders(AttackedGateway::kPath));
  for (int round = 0; round < 6; ++round) {
    Flood(hello_, MakeFrame(Http2Frame::kSettings, 0, 0, ""), kBytes);
    Flood(hello_, MakeFrame(Http2Frame::kPing, 0, 0, "12345678"), kBytes);
    Flood(hello_ + call, MakeFrame(Http2Frame::kData, 0, 1, ""), kBytes);
    EXPECT_TRUE(gateway_.Serves());
    EXPECT_THAT(gateway_.Growth(), Le(160));
  }
  std::printf("18 floods of 8 MiB: the gateway's memory grew by %ld MiB\n",
              gateway_.Growth());
}

// Every stream has its answer, and none may be sent.
TEST_F(HostileClientTest, AWindowOfNothingForEverHoldsLittle) {
  constexpr uint32_t kStreams = 500;
  // SETTINGS_INITIAL_WINDOW_SIZE = 0.
  const std::string no_window("\0\4\0\0\0\0", 6);
  RawConnection connection(gateway_.port());
  connection.Send(kHttp2Preface +
                  MakeFrame(Http2Frame::kSettings, 0, 0, no_window));
  for (uint32_t i = 0; i < kStreams; ++i) {
    ASSERT_TRUE(connection.Send(
        GrpcCall(2 * i + 1, AttackedGateway::kPath, gateway_.ListRequest())));
  }
  std::this_thread::sleep_for(std::chrono::seconds(3));
  const long soon = gateway_.Growth();
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    EXPECT_TRUE(gateway_.Serves());
  }
  const long later = gateway_.Growth();
  // A first page each, all at once perhaps: its JSON and what is made of it.
  // The allocator keeps what they took.
  EXPECT_THAT(later, Le(kStreams * 45 / 100));
  EXPECT_THAT(later, Le(soon + 8));
  std::printf("%u streams without a window: %ld MiB, then %ld MiB\n", kStreams,
              soon, later);
}

}  // namespace
}  // namespace klarna::testing

// SPDX-License-Identifier: Apache-2.0
//
// Transformers in workers of the gateway's own program, and what one that runs
// away does to other calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::testing {
namespace {

using settlements::v1::SubscribeRequest;
using settlements::v1::SubscribeResponse;
using ::testing::HasSubstr;

constexpr char kService[] = "klarna.settlements.v1.SettlementsService";

class TransformersTest : public ::testing::Test {
 protected:
  TransformersTest()
      : sandbox_(StartSandbox({}, clock_)),
        gateway_("http://127.0.0.1:" + std::to_string(sandbox_->port()),
                 [](config::Config& config) {
                   config.transformers = {
                       {"same", "."},
                       {"payout", ".query.payment_reference = \"PAYOUT00001\""},
                       {"fail", "error(\"on purpose\")"},
                       {"loop", "def f: f; f"},
                       {"bomb", "def f: . + . | f; \"xxxxxxxx\" | f"}};
                 }) {}

  grpc::Status Read(const std::string& transformer,
                    const std::string& payout = "PAYOUT00001") {
    SubscribeRequest request;
    request.mutable_options()->set_transformer(transformer);
    request.mutable_paging()->set_single_page(true);
    request.mutable_list_transactions()->set_payment_reference(payout);
    const auto result =
        Subscribe<SubscribeResponse>(gateway_.channel(), kService, request);
    if (result.status.ok()) {
      int transactions = 0;
      for (const SubscribeResponse& message : result.messages) {
        transactions += message.transactions().transactions_size();
      }
      EXPECT_GT(transactions, 0);
    }
    return result.status;
  }

  runtime::SystemClock clock_;
  std::unique_ptr<sandbox::SandboxServer> sandbox_;
  GatewayUnderTest gateway_;
};

TEST_F(TransformersTest, ACallGoesThroughTheOneItNames) {
  EXPECT_TRUE(Read("payout", "ANOTHER").ok());
  const grpc::Status failed = Read("fail");
  EXPECT_EQ(failed.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(failed.error_message(), "transformer fail: on purpose");
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(failed).reason(),
            "TRANSFORMER_FAILED");
}

// Readers with and without a transformer, as fast as they can, while others
// run away one after the other.
TEST_F(TransformersTest, ARunawayIsStoppedWhileOtherCallsGoOnUnharmed) {
  std::atomic<bool> done = false;
  std::atomic<int> calls = 0;
  std::atomic<int> failures = 0;
  std::vector<std::thread> readers;
  for (const char* transformer : {"", "same", "payout"}) {
    readers.emplace_back([&, transformer] {
      do {
        const grpc::Status status = Read(transformer);
        ++calls;
        if (status.ok()) continue;
        ++failures;
        ADD_FAILURE() << transformer << ": " << status.error_message();
      } while (!done);
    });
  }
  absl::Duration longest;
  for (const char* runaway : {"loop", "bomb", "loop", "bomb"}) {
    const runtime::Instant start = clock_.Now();
    const grpc::Status status = Read(runaway);
    const absl::Duration took = clock_.Now() - start;
    longest = std::max(longest, took);
    std::printf("%s: %s after %.2f s\n", runaway,
                status.error_message().c_str(), absl::ToDoubleSeconds(took));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr("was stopped"));
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  std::printf("%d other calls, %d failures; longest runaway %.2f s\n",
              calls.load(), failures.load(), absl::ToDoubleSeconds(longest));
  EXPECT_EQ(failures, 0);
  // Its bound, and a wait for a worker that another one had.
  EXPECT_LT(longest, absl::Seconds(15));
}

}  // namespace
}  // namespace klarna::testing

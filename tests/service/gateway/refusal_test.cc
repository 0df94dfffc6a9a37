// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/refusal.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "klarna/gateway/v1/outcome.pb.h"
#include "klarna/order_management/v1/order_management_service.pb.h"
#include "service/gateway/intent.h"
#include "service/rest/status_details.h"
#include "tests/testing/manual_executor.h"

namespace klarna::gateway {
namespace {

constexpr char kId[] = "018bcfe5-6800-7000-8000-000000000001";
// 2023-11-14T22:13:20Z, the time in kId.
const absl::Time kMade = absl::FromUnixSeconds(1'700'000'000);

class RefusalTest : public ::testing::Test {
 protected:
  v1::Verdict VerdictOf(const std::string& request, absl::Time now,
                        const CallContext& context = {}) {
    // In pieces, as it comes from the network.
    google::protobuf::io::ArrayInputStream stream(
        request.data(), static_cast<int>(request.size()), /*block_size=*/7);
    const absl::Status status =
        RefuseChange(absl::ResourceExhaustedError("busy"), method_, stream,
                     context, intents_, now);
    EXPECT_EQ(status.message(), "busy");
    v1::Outcome outcome;
    EXPECT_TRUE(rest::GetDetail(status, outcome));
    EXPECT_EQ(outcome.attempts(), 0);
    return outcome.verdict();
  }

  static order_management::v1::PublishRequest Capture(const std::string& id) {
    order_management::v1::PublishRequest request;
    request.set_request_id(id);
    request.mutable_create_capture()->set_order_id(std::string(1000, 'o'));
    return request;
  }

  testing::ManualExecutor executor_;
  LocalIntentMemory intents_{10, executor_.clock(), absl::ZeroDuration()};
  const std::unique_ptr<rest::RouteTable> routes_ =
      rest::RouteTable::Compile(rest::LinkedServices()).value();
  const rest::Method& method_ = *routes_->Find(
      "klarna.order_management.v1.OrderManagementService", "Publish");
};

TEST_F(RefusalTest, AFreshIdWasNotSent) {
  EXPECT_EQ(VerdictOf(Capture(kId).SerializeAsString(), kMade + kFirstTry),
            v1::VERDICT_NOT_SENT);
}

TEST_F(RefusalTest, AnOlderIdMayHaveBeenSentByAnEarlierCall) {
  const std::string request = Capture(kId).SerializeAsString();
  const absl::Duration later = kFirstTry + absl::Milliseconds(1);
  EXPECT_EQ(VerdictOf(request, kMade + later), v1::VERDICT_UNKNOWN);
  EXPECT_EQ(VerdictOf(request, kMade - later), v1::VERDICT_UNKNOWN);
}

TEST_F(RefusalTest, WhatALibraryTriedBeforeMayHaveBeenSent) {
  CallContext context;
  context.tried_before = true;
  EXPECT_EQ(VerdictOf(Capture(kId).SerializeAsString(), kMade, context),
            v1::VERDICT_UNKNOWN);
}

TEST_F(RefusalTest, TheFirstAttemptGivesAnIdItsTime) {
  order_management::v1::PublishRequest request = Capture("basket-1");
  EXPECT_EQ(VerdictOf(request.SerializeAsString(), kMade), v1::VERDICT_UNKNOWN)
      << "an earlier call may have had a time";
  request.mutable_first_attempt_at()->set_seconds(absl::ToUnixSeconds(kMade));
  EXPECT_EQ(VerdictOf(request.SerializeAsString(), kMade),
            v1::VERDICT_NOT_SENT);
  EXPECT_EQ(VerdictOf(request.SerializeAsString(), kMade + absl::Hours(1)),
            v1::VERDICT_UNKNOWN);
}

TEST_F(RefusalTest, WithoutAnIdNothingWasSent) {
  CallContext context;
  context.tried_before = true;
  for (const char* id : {"", "with space", "\x7f"}) {
    EXPECT_EQ(VerdictOf(Capture(id).SerializeAsString(), kMade, context),
              v1::VERDICT_NOT_SENT);
  }
  EXPECT_EQ(VerdictOf("", kMade), v1::VERDICT_NOT_SENT);
}

// However young the id is.
TEST_F(RefusalTest, WhatAnEarlierCallClaimedMayHaveBeenSent) {
  Intent intent;
  intent.request_id = kId;
  intent.first_attempt = kMade;
  runtime::Task<IntentClaim> claim = intents_.Claim(intent, executor_);
  claim.Start();
  EXPECT_EQ(VerdictOf(Capture(kId).SerializeAsString(), kMade),
            v1::VERDICT_UNKNOWN);
}

TEST_F(RefusalTest, IsMadeOfDamagedBytes) {
  const std::string whole = Capture(kId).SerializeAsString();
  for (size_t size = 0; size < whole.size(); ++size) {
    VerdictOf(whole.substr(0, size), kMade);
  }
  // An id comes through whatever stands behind it.
  order_management::v1::PublishRequest id;
  id.set_request_id(kId);
  EXPECT_EQ(VerdictOf(id.SerializeAsString() + "\xff\xff\xff",
                      kMade + absl::Hours(1)),
            v1::VERDICT_UNKNOWN);
}

}  // namespace
}  // namespace klarna::gateway

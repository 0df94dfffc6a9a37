// SPDX-License-Identifier: Apache-2.0
//
// What a broken or hostile upstream can do to a stream: it ends with the right
// code, or comes out whole; never with a wrong entity.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "tests/end_to_end/gateway_under_test.h"

namespace klarna::testing {
namespace {

using sandbox::BodyFault;
using sandbox::Delivery;
using sandbox::Fault;
using sandbox::PageFault;
using settlements::v1::SubscribeRequest;
using settlements::v1::SubscribeResponse;

constexpr char kService[] = "klarna.settlements.v1.SettlementsService";
constexpr int kAlways = 1000;

struct HostileCase {
  const char* name;
  Fault fault;  // Of the second page and those behind it.
  grpc::StatusCode code;
  const char* reason;
};

Fault Deliver(Delivery delivery, int times) {
  Fault fault;
  fault.delivery = delivery;
  fault.times = times;
  return fault;
}

Fault Body(BodyFault body) {
  Fault fault;
  fault.body = body;
  fault.times = kAlways;
  return fault;
}

Fault Page(PageFault page, int times = kAlways) {
  Fault fault;
  fault.page = page;
  fault.times = times;
  return fault;
}

Fault Status(int status, int times) {
  Fault fault;
  fault.status = status;
  fault.executed = false;
  fault.times = times;
  return fault;
}

class HostileUpstreamTest : public ::testing::TestWithParam<HostileCase> {
 protected:
  static sandbox::SandboxOptions Options() {
    sandbox::SandboxOptions options;
    options.transactions = 3000;
    return options;
  }

  std::vector<std::string> Rows(const StreamResult<SubscribeResponse>& result) {
    std::vector<std::string> rows;
    for (const SubscribeResponse& message : result.messages) {
      for (const auto& row : message.transactions().transactions()) {
        rows.push_back(row.SerializeAsString());
      }
    }
    return rows;
  }

  StreamResult<SubscribeResponse> List() {
    SubscribeRequest request;
    request.mutable_list_transactions()->set_payment_reference("PAYOUT00001");
    return Subscribe<SubscribeResponse>(gateway_.channel(), kService, request);
  }

  runtime::SystemClock clock_;
  std::unique_ptr<sandbox::SandboxServer> sandbox_ =
      StartSandbox(Options(), clock_);
  GatewayUnderTest gateway_{sandbox_->url(), [](config::Config& config) {
                              config.limits.prefetch_pages = 1;
                            }};
};

TEST_P(HostileUpstreamTest, EndsAsItShouldWithNothingButTrueEntities) {
  const auto whole = Rows(List());
  ASSERT_EQ(whole.size(), 3000u);
  Fault fault = GetParam().fault;
  fault.operation = "settlements.getTransactions";
  fault.skip = 1;
  sandbox_->With([&](sandbox::Klarna& klarna) { klarna.faults().Add(fault); });

  const auto result = List();
  const auto rows = Rows(result);

  EXPECT_EQ(result.status.error_code(), GetParam().code)
      << result.status.error_message();
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(result.status).reason(),
            GetParam().reason);
  if (result.status.ok()) {
    EXPECT_TRUE(rows == whole);
  } else {
    // A true beginning: the page before the fault at the least.
    ASSERT_GE(rows.size(), 500u);
    ASSERT_LE(rows.size(), whole.size());
    EXPECT_TRUE(std::equal(rows.begin(), rows.end(), whole.begin()));
    EXPECT_FALSE(result.messages.back().batch().last());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Faults, HostileUpstreamTest,
    ::testing::Values(
        HostileCase{"TruncatedOnce", Deliver(Delivery::kTruncated, 1), grpc::OK,
                    ""},
        HostileCase{"ChunksWithoutEndOnce", Deliver(Delivery::kUnfinished, 1),
                    grpc::OK, ""},
        HostileCase{"CutWithoutFramingOnce", Deliver(Delivery::kUnframed, 1),
                    grpc::OK, ""},
        HostileCase{"ResetOnce", Deliver(Delivery::kReset, 1), grpc::OK, ""},
        HostileCase{"NoAnswerOnce", Deliver(Delivery::kNone, 1), grpc::OK, ""},
        HostileCase{"TruncatedAlways", Deliver(Delivery::kTruncated, kAlways),
                    grpc::UNAVAILABLE, "UPSTREAM_FAILED"},
        HostileCase{"CutWithoutFramingAlways",
                    Deliver(Delivery::kUnframed, kAlways), grpc::UNAVAILABLE,
                    "UPSTREAM_FAILED"},
        HostileCase{"ResetAlways", Deliver(Delivery::kReset, kAlways),
                    grpc::UNAVAILABLE, "UPSTREAM_FAILED"},
        HostileCase{"HtmlWith200", Body(BodyFault::kHtml), grpc::INTERNAL,
                    "UPSTREAM_INVALID"},
        HostileCase{"NothingWith200", Body(BodyFault::kEmpty), grpc::INTERNAL,
                    "UPSTREAM_INVALID"},
        HostileCase{"RightBodyOfWrongType", Body(BodyFault::kWrongType),
                    grpc::OK, ""},
        HostileCase{"DuplicateKeys", Body(BodyFault::kDuplicateKeys),
                    grpc::INTERNAL, "UPSTREAM_INVALID"},
        HostileCase{"JsonThatEndsEarly", Body(BodyFault::kCutJson),
                    grpc::INTERNAL, "UPSTREAM_INVALID"},
        HostileCase{"BrokenUtf8", Body(BodyFault::kNotUtf8), grpc::INTERNAL,
                    "UPSTREAM_INVALID"},
        HostileCase{"ServerErrorTwice", Status(503, 2), grpc::OK, ""},
        HostileCase{"ServerErrorAlways", Status(500, kAlways),
                    grpc::UNAVAILABLE, "UPSTREAM_FAILED"},
        HostileCase{"RedirectAlways", Status(302, kAlways), grpc::UNAVAILABLE,
                    "UPSTREAM_FAILED"},
        HostileCase{"PageRepeats", Page(PageFault::kRepeat), grpc::DATA_LOSS,
                    "PAGINATION_INCONSISTENT"},
        HostileCase{"FirstPageAgain", Page(PageFault::kFirstAgain),
                    grpc::DATA_LOSS, "PAGINATION_INCONSISTENT"},
        HostileCase{"TotalShrinks", Page(PageFault::kTotalShrinks),
                    grpc::DATA_LOSS, "PAGINATION_INCONSISTENT"},
        HostileCase{"EmptyPageWithNext", Page(PageFault::kEmptyPage),
                    grpc::DATA_LOSS, "PAGINATION_INCONSISTENT"},
        HostileCase{"NextSkipsAnItem", Page(PageFault::kNextSkips), grpc::OK,
                    ""},
        HostileCase{"SizeIgnored", Page(PageFault::kSizeIgnored), grpc::OK,
                    ""}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace klarna::testing

// SPDX-License-Identifier: Apache-2.0
//
// A list that does not end.
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "service/rest/status_details.h"
#include "tests/service/gateway/engine_under_test.h"

namespace klarna::gateway {
namespace {

using settlements::v1::SubscribeRequest;
using settlements::v1::SubscribeResponse;
using testing::Whole;

constexpr char kSettlements[] = "klarna.settlements.v1.SettlementsService";
constexpr int kRowsOfAPage = 2;

class StreamLifetimeTest : public ::testing::Test {
 protected:
  StreamLifetimeTest() {
    engine_.limits().prefetch_pages = 0;
    engine_.limits().stream_lifetime = absl::Seconds(30);
    // A page a second.
    engine_.account().endpoint.quota.calls_per_second = 1;
  }

  void Script(int first_page, int pages) {
    for (int page = first_page; page < first_page + pages; ++page) {
      engine_.transport().Answer(Whole(
          200,
          absl::StrCat(R"({"transactions":[{},{}],"pagination":{"offset":)",
                       kRowsOfAPage * page,
                       R"(,"count":2,"next":"https://x.example/"}})")));
    }
  }

  testing::Streamed Stream(const std::string& resume_token) {
    SubscribeRequest request;
    request.mutable_list_transactions();
    request.mutable_paging()->set_page_size(kRowsOfAPage);
    request.mutable_paging()->set_resume_token(resume_token);
    return engine_.Subscribe(kSettlements, request.SerializeAsString());
  }

  static SubscribeResponse LastOf(const testing::Streamed& streamed) {
    SubscribeResponse last;
    EXPECT_TRUE(last.ParseFromString(streamed.messages.back()));
    return last;
  }

  testing::EngineUnderTest engine_;
};

TEST_F(StreamLifetimeTest, AnEndlessListEndsBehindABatchAndGoesOnFromThere) {
  Script(0, 100);
  const testing::Streamed first = Stream("");
  ASSERT_TRUE(first.status);
  EXPECT_EQ(first.status->code(), absl::StatusCode::kUnavailable)
      << *first.status;
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(rest::GetDetail(*first.status, info));
  EXPECT_EQ(info.reason(), "STREAM_LIFETIME");
  google::rpc::RetryInfo retry;
  EXPECT_TRUE(rest::GetDetail(*first.status, retry));
  const int pages = static_cast<int>(first.messages.size());
  EXPECT_GE(pages, 28);
  EXPECT_LE(pages, 32);

  // No page is fetched that nobody reads.
  EXPECT_EQ(engine_.transport().requests().size(), first.messages.size());
  const testing::Streamed second = Stream(LastOf(first).batch().resume_token());
  SubscribeResponse message;
  ASSERT_FALSE(second.messages.empty());
  ASSERT_TRUE(message.ParseFromString(second.messages.front()));
  EXPECT_EQ(message.batch().offset(), pages * kRowsOfAPage);
}

TEST_F(StreamLifetimeTest, AListThatEndsInTimeIsWhole) {
  Script(0, 10);
  engine_.transport().Answer(Whole(
      200, R"({"transactions":[{}],"pagination":{"offset":20,"total":21}})"));
  const testing::Streamed streamed = Stream("");
  ASSERT_TRUE(streamed.status);
  EXPECT_TRUE(streamed.status->ok()) << *streamed.status;
  EXPECT_TRUE(LastOf(streamed).batch().last());
}

}  // namespace
}  // namespace klarna::gateway

// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/batcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "klarna/gateway/v1/batch.pb.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "service/json/json_to_wire.h"

namespace klarna::gateway {
namespace {

using ::klarna::settlements::v1::PayoutCollection;
using ::klarna::settlements::v1::SubscribeResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr EnvelopeFields kFields = {
    .batch = SubscribeResponse::kBatchFieldNumber,
    .unmapped = SubscribeResponse::kUnmappedFieldNumber,
};
constexpr int64_t kAll = std::numeric_limits<int64_t>::max();

// A page of payouts, each with this reference; "" is an element that does not
// fit (a null), of which only the unmapped entry remains.
json::DecodedPage Page(const std::vector<std::string>& references) {
  json::DecodedPage page;
  page.has_items = true;
  for (const std::string& reference : references) {
    if (reference.empty()) {
      page.unmapped.push_back(
          {static_cast<int32_t>(page.item_ends.size()), "", "null"});
    } else {
      PayoutCollection collection;
      collection.add_payouts()->set_payment_reference(reference);
      page.items += collection.SerializeAsString();
    }
    page.item_ends.push_back(static_cast<uint32_t>(page.items.size()));
  }
  PayoutCollection rest;
  rest.mutable_pagination()->set_total(77);
  page.rest = rest.SerializeAsString();
  return page;
}

SubscribeResponse Parse(const Batcher& batcher, const v1::Batch& batch = {}) {
  SubscribeResponse response;
  EXPECT_TRUE(response.ParseFromString(
      batcher.Message(kFields, SubscribeResponse::kPayoutsFieldNumber, batch)));
  EXPECT_TRUE(response.has_payouts());
  return response;
}

std::vector<std::string> References(const SubscribeResponse& response) {
  std::vector<std::string> references;
  for (const auto& payout : response.payouts().payouts()) {
    references.push_back(payout.payment_reference());
  }
  return references;
}

TEST(BatcherTest, PutsASmallPageIntoOneBatch) {
  const json::DecodedPage page = Page({"a", "b", "c"});
  Batcher batcher(page, 0, kAll, 32 << 10);
  ASSERT_TRUE(batcher.Next());
  EXPECT_EQ(batcher.begin(), 0);
  EXPECT_EQ(batcher.end(), 3);
  EXPECT_TRUE(batcher.last_of_page());
  v1::Batch batch;
  batch.set_resume_token("token");
  const SubscribeResponse response = Parse(batcher, batch);
  EXPECT_EQ(response.batch().resume_token(), "token");
  EXPECT_THAT(References(response), ElementsAre("a", "b", "c"));
  EXPECT_EQ(response.payouts().pagination().total(), 77);
  EXPECT_FALSE(batcher.Next());
}

TEST(BatcherTest, EmptyPageHasOneBatch) {
  const json::DecodedPage page = Page({});
  Batcher batcher(page, 0, kAll, 32 << 10);
  ASSERT_TRUE(batcher.Next());
  EXPECT_TRUE(batcher.last_of_page());
  EXPECT_THAT(References(Parse(batcher)), IsEmpty());
  EXPECT_FALSE(batcher.Next());
}

TEST(BatcherTest, CutsAtTheSizeAndLosesNothing) {
  std::vector<std::string> references;
  for (int i = 0; i < 200; ++i) {
    references.push_back(std::to_string(i) +
                         std::string(static_cast<size_t>(i * 7 % 90), 'x'));
  }
  const json::DecodedPage page = Page(references);
  for (int64_t size : {1, 10, 100, 1000, 100000}) {
    Batcher batcher(page, 0, kAll, size);
    std::vector<std::string> seen;
    int64_t end = 0;
    int with_pagination = 0;
    while (batcher.Next()) {
      EXPECT_EQ(batcher.begin(), end);
      end = batcher.end();
      const SubscribeResponse response = Parse(batcher);
      with_pagination += response.payouts().has_pagination();
      const std::vector<std::string> some = References(response);
      EXPECT_FALSE(some.empty());
      PayoutCollection only_items;
      *only_items.mutable_payouts() = response.payouts().payouts();
      EXPECT_TRUE(some.size() == 1 ||
                  only_items.ByteSizeLong() <= static_cast<size_t>(size));
      seen.insert(seen.end(), some.begin(), some.end());
    }
    EXPECT_EQ(seen, references);
    EXPECT_TRUE(batcher.last_of_page());
    EXPECT_EQ(with_pagination, 1) << "the page's own members come once";
  }
}

TEST(BatcherTest, FillsABatchAsFarAsItCan) {
  const json::DecodedPage page = Page({"a", "b", "c", "d", "e"});
  const int64_t one = page.item_ends[0];
  Batcher batcher(page, 0, kAll, 2 * one);
  std::vector<std::pair<int64_t, int64_t>> batches;
  while (batcher.Next()) batches.emplace_back(batcher.begin(), batcher.end());
  EXPECT_THAT(batches, ElementsAre(Pair(0, 2), Pair(2, 4), Pair(4, 5)));
}

TEST(BatcherTest, BeginsAfterSkipAndEndsAtLimit) {
  const json::DecodedPage page = Page({"a", "b", "c", "d", "e"});
  Batcher batcher(page, 1, 4, 32 << 10);
  ASSERT_TRUE(batcher.Next());
  const SubscribeResponse response = Parse(batcher);
  EXPECT_THAT(References(response), ElementsAre("b", "c", "d"));
  EXPECT_TRUE(response.payouts().has_pagination());
  EXPECT_TRUE(batcher.last_of_page());
  EXPECT_FALSE(batcher.Next());
}

TEST(BatcherTest, NothingIsLeftAfterAllAreSkipped) {
  const json::DecodedPage page = Page({"a", "b"});
  Batcher batcher(page, 2, kAll, 32 << 10);
  ASSERT_TRUE(batcher.Next());
  EXPECT_THAT(References(Parse(batcher)), IsEmpty());
  EXPECT_TRUE(batcher.last_of_page());
  EXPECT_FALSE(batcher.Next());
}

TEST(BatcherTest, NeverExceedsOneMebibyteUnlessOneEntityDoes) {
  const json::DecodedPage page =
      Page({std::string(700 << 10, 'a'), std::string(700 << 10, 'b'),
            std::string(3 << 20, 'c'), "d"});
  Batcher batcher(page, 0, kAll, 100 << 20);
  std::vector<std::pair<int64_t, int64_t>> batches;
  while (batcher.Next()) batches.emplace_back(batcher.begin(), batcher.end());
  EXPECT_THAT(batches,
              ElementsAre(Pair(0, 1), Pair(1, 2), Pair(2, 3), Pair(3, 4)));
}

// Entries as (entity index, pointer); -1: of the page.
std::vector<std::pair<int, std::string>> Entries(
    const SubscribeResponse& response) {
  std::vector<std::pair<int, std::string>> entries;
  for (const auto& entry : response.unmapped()) {
    entries.emplace_back(entry.has_entity_index() ? entry.entity_index() : -1,
                         entry.pointer());
  }
  return entries;
}

TEST(BatcherTest, UnmappedValuesGoWithTheirEntity) {
  json::DecodedPage page = Page({"a", "b", "", "d"});
  page.unmapped = {{-1, "/before", "1"}, {0, "/x", "1"}, {1, "/y", "2"},
                   {2, "", "null"},      {3, "/z", "3"}, {3, "/w", "4"},
                   {-1, "/after", "5"}};
  // Small enough for one entity a batch.
  Batcher batcher(page, 0, kAll, 1);
  ASSERT_TRUE(batcher.Next());
  SubscribeResponse response = Parse(batcher);
  EXPECT_THAT(References(response), ElementsAre("a"));
  EXPECT_THAT(
      Entries(response),
      ElementsAre(Pair(-1, "/before"), Pair(-1, "/after"), Pair(0, "/x")));
  ASSERT_TRUE(batcher.Next());
  EXPECT_THAT(Entries(Parse(batcher)), ElementsAre(Pair(0, "/y")));
  ASSERT_TRUE(batcher.Next());
  response = Parse(batcher);
  EXPECT_THAT(References(response), IsEmpty());
  EXPECT_THAT(Entries(response), ElementsAre(Pair(0, "")));
  EXPECT_EQ(response.unmapped(0).json(), "null");
  ASSERT_TRUE(batcher.Next());
  EXPECT_THAT(Entries(Parse(batcher)),
              ElementsAre(Pair(0, "/z"), Pair(0, "/w")));
  EXPECT_FALSE(batcher.Next());
}

TEST(BatcherTest, UnmappedValuesOfSkippedAndCutEntitiesStayOut) {
  json::DecodedPage page = Page({"a", "b", "c", "d"});
  page.unmapped = {{0, "/a", "1"},
                   {1, "/b", "1"},
                   {-1, "/page", "1"},
                   {2, "/c", "1"},
                   {3, "/d", "1"}};
  Batcher batcher(page, 1, 3, 32 << 10);
  ASSERT_TRUE(batcher.Next());
  EXPECT_THAT(Entries(Parse(batcher)),
              ElementsAre(Pair(-1, "/page"), Pair(0, "/b"), Pair(1, "/c")));
}

TEST(BatcherTest, UnmappedValuesCountTowardsTheSize) {
  json::DecodedPage page = Page({"a", "b", "c"});
  page.unmapped = {{1, "/big", std::string(1000, '1')}};
  Batcher batcher(page, 0, kAll, 500);
  std::vector<std::pair<int64_t, int64_t>> batches;
  while (batcher.Next()) batches.emplace_back(batcher.begin(), batcher.end());
  EXPECT_THAT(batches, ElementsAre(Pair(0, 1), Pair(1, 2), Pair(2, 3)));
}

}  // namespace
}  // namespace klarna::gateway

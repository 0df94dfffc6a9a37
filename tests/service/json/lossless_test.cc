// SPDX-License-Identifier: Apache-2.0
//
// Typed message + unmapped = the JSON: over generated documents, with
// simdjson as the judge of what equals what.
#include <string>

#include "gtest/gtest.h"
#include "klarna/settlements/v1/payout.pb.h"
#include "klarna/settlements/v1/transaction.pb.h"
#include "service/json/check_wire.h"
#include "service/json/json_to_wire.h"
#include "service/json/wire_to_json.h"
#include "tests/service/json/canonical_json.h"
#include "tests/service/json/document_generator.h"
#include "tests/service/json/test_messages.pb.h"
#include "tests/service/json/test_schema.h"

namespace klarna::json {
namespace {

template <typename Message>
void RoundTrip(uint64_t seed, int documents) {
  const MessageTable& table = TableOf<Message>();
  DocumentGenerator generate(seed);
  size_t unmapped = 0;
  DecodedMessage decoded;
  std::string rebuilt;
  for (int i = 0; i < documents; ++i) {
    const std::string json = generate.Document(*Message::descriptor());
    ASSERT_EQ(DecodeMessage(json, table, decoded), absl::OkStatus()) << json;
    ASSERT_EQ(CheckWire(decoded.wire, table), absl::OkStatus()) << json;
    unmapped += decoded.unmapped.size();
    rebuilt.clear();
    ASSERT_EQ(Encode(decoded.wire, table, decoded.unmapped, rebuilt),
              absl::OkStatus())
        << json;
    const auto expected = CanonicalJson(json);
    ASSERT_TRUE(expected.has_value()) << json;
    ASSERT_EQ(CanonicalJson(rebuilt), expected) << json << "\n" << rebuilt;
    // A client's Protobuf library may write the same fields in another order.
    Message message;
    ASSERT_TRUE(message.ParseFromString(decoded.wire)) << json;
    rebuilt.clear();
    ASSERT_EQ(
        Encode(message.SerializeAsString(), table, decoded.unmapped, rebuilt),
        absl::OkStatus())
        << json;
    ASSERT_EQ(CanonicalJson(rebuilt), expected) << json << "\n" << rebuilt;
  }
  ::testing::Test::RecordProperty("documents", documents);
  ::testing::Test::RecordProperty("unmapped", static_cast<int>(unmapped));
  EXPECT_GT(unmapped, static_cast<size_t>(documents) / 10);
}

TEST(LosslessTest, EveryKind) { RoundTrip<samples::Everything>(1, 24'000); }

TEST(LosslessTest, Transaction) {
  RoundTrip<settlements::v1::Transaction>(2, 12'000);
}

TEST(LosslessTest, Payout) { RoundTrip<settlements::v1::Payout>(3, 12'000); }

TEST(LosslessTest, PayoutSummary) {
  RoundTrip<settlements::v1::PayoutSummary>(4, 12'000);
}

template <typename Message>
void RoundTripPages(uint64_t seed, int documents, int items) {
  const MessageTable& table = TableOf<Message>();
  DocumentGenerator generate(seed);
  DecodedPage page;
  std::string rebuilt;
  for (int i = 0; i < documents; ++i) {
    const bool top_level_array = i % 2 == 1;
    std::string json = generate.Document(*Message::descriptor());
    if (top_level_array) {
      json = "[" + json + ",null," +
             generate.Document(*Message::descriptor()
                                    ->FindFieldByNumber(items)
                                    ->message_type()) +
             "]";
    }
    ASSERT_EQ(DecodePage(json, table, items, top_level_array, page),
              absl::OkStatus())
        << json;
    rebuilt.clear();
    ASSERT_EQ(EncodePage(page, table, items, top_level_array, rebuilt),
              absl::OkStatus())
        << json;
    ASSERT_EQ(CanonicalJson(rebuilt), CanonicalJson(json)) << json << "\n"
                                                           << rebuilt;
  }
}

TEST(LosslessTest, PagesOfEveryKind) {
  RoundTripPages<samples::Page>(5, 4'000, samples::Page::kItemsFieldNumber);
}

TEST(LosslessTest, PagesOfTransactions) {
  using settlements::v1::TransactionCollection;
  RoundTripPages<TransactionCollection>(
      6, 4'000, TransactionCollection::kTransactionsFieldNumber);
}

TEST(LosslessTest, PagesOfPayouts) {
  using settlements::v1::PayoutCollection;
  RoundTripPages<PayoutCollection>(7, 4'000,
                                   PayoutCollection::kPayoutsFieldNumber);
}

}  // namespace
}  // namespace klarna::json

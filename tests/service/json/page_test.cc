// SPDX-License-Identifier: Apache-2.0
//
// DecodePage and EncodePage, which share one set of cases.
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/json/json_to_wire.h"
#include "service/json/wire_to_json.h"
#include "tests/service/json/canonical_json.h"
#include "tests/service/json/test_messages.pb.h"
#include "tests/service/json/test_schema.h"

namespace klarna::json {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

constexpr int kItems = samples::Page::kItemsFieldNumber;

absl::Status Decode(const std::string& json, bool top_level_array,
                    DecodedPage& page) {
  return DecodePage(json, TableOf<samples::Page>(), kItems, top_level_array,
                    page);
}

using Entry = std::tuple<int, std::string, std::string>;

std::vector<Entry> Entries(const DecodedPage& page) {
  std::vector<Entry> entries;
  for (const Unmapped& entry : page.unmapped) {
    entries.emplace_back(entry.entity, entry.pointer, entry.json);
  }
  return entries;
}

TEST(PageTest, SplitsAPageIntoEntitiesAndRest) {
  DecodedPage page;
  ASSERT_EQ(Decode(R"({"before":"b","items":[{"number":1},{},{"text":"t"}],)"
                   R"("info":{"total":3}})",
                   false, page),
            absl::OkStatus());
  EXPECT_TRUE(page.has_items);
  EXPECT_THAT(page.unmapped, IsEmpty());
  EXPECT_EQ(page.items, std::string("\x12\x02\x10\x01"
                                    "\x12\x00"
                                    "\x12\x03\x0a\x01t",
                                    11));
  EXPECT_THAT(page.item_ends, ElementsAre(4, 6, 11));

  samples::Page parsed;
  ASSERT_TRUE(parsed.ParseFromString(page.rest + page.items));
  EXPECT_EQ(parsed.items(0).number(), 1);
  EXPECT_EQ(parsed.items(2).text(), "t");
  EXPECT_EQ(parsed.before(), "b");
  EXPECT_EQ(parsed.info().total(), 3);
}

TEST(PageTest, KeepsWhatDoesNotFitByEntity) {
  struct Case {
    const char* json;
    bool top_level_array;
    size_t elements;
    bool has_items;
    std::vector<Entry> unmapped;
  };
  const Case cases[] = {
      {R"({"items":[{"x":1},null,{"child":{"y":2}},7],"z":3})",
       false,
       4,
       true,
       {{0, "/x", "1"},
        {1, "", "null"},
        {2, "/child/y", "2"},
        {3, "", "7"},
        {-1, "/z", "3"}}},
      {R"({"items":[null,"a"]})",
       false,
       2,
       true,
       {{0, "", "null"}, {1, "", "\"a\""}}},
      {R"({"items":[ ]})", false, 0, true, {{-1, "/items", "[ ]"}}},
      {R"({"items":null})", false, 0, false, {{-1, "/items", "null"}}},
      {R"({"items":{"a":1}})", false, 0, false, {{-1, "/items", R"({"a":1})"}}},
      {R"({})", false, 0, false, {}},
      {R"([{"text":"a"}])", false, 0, false, {{-1, "", R"([{"text":"a"}])"}}},
      {R"([{"x":1},null,{"children":[{},0]}])",
       true,
       3,
       true,
       {{0, "/x", "1"}, {1, "", "null"}, {2, "/children/1", "0"}}},
      {"[]", true, 0, true, {{-1, "", "[]"}}},
      {R"({"items":[]})", true, 0, false, {{-1, "", R"({"items":[]})"}}},
  };
  DecodedPage page;  // used again: it must be cleared
  for (const Case& c : cases) {
    ASSERT_EQ(Decode(c.json, c.top_level_array, page), absl::OkStatus())
        << c.json;
    EXPECT_EQ(page.item_ends.size(), c.elements) << c.json;
    EXPECT_EQ(page.has_items, c.has_items) << c.json;
    EXPECT_THAT(Entries(page), ElementsAreArray(c.unmapped)) << c.json;

    std::string json;
    ASSERT_EQ(EncodePage(page, TableOf<samples::Page>(), kItems,
                         c.top_level_array, json),
              absl::OkStatus())
        << c.json;
    EXPECT_EQ(CanonicalJson(json), CanonicalJson(c.json)) << json;
  }
}

TEST(PageTest, AnElementThatDoesNotFitEndsWhereTheOneBeforeDoes) {
  DecodedPage page;
  ASSERT_EQ(Decode(R"([null,{"number":1},null,{}])", true, page),
            absl::OkStatus());
  EXPECT_THAT(page.item_ends, ElementsAre(0, 4, 4, 6));
}

TEST(PageTest, TakesOnlyTheOutermostListForItsItems) {
  DecodedPage page;
  const std::string json =
      R"({"inner":{"items":[{"number":1},null]},"items":[{"number":2}]})";
  ASSERT_EQ(Decode(json, false, page), absl::OkStatus());
  EXPECT_THAT(page.item_ends, ElementsAre(4));
  EXPECT_THAT(Entries(page), ElementsAre(Entry(-1, "/inner/items/1", "null")));
  samples::Page rest;
  ASSERT_TRUE(rest.ParseFromString(page.rest));
  EXPECT_EQ(rest.inner().items(0).number(), 1);
}

TEST(PageTest, RefusesDuplicatesAcrossTheList) {
  DecodedPage page;
  for (const char* json :
       {R"({"items":[],"items":[]})", R"({"items":[{}],"z":1,"items":[{}]})",
        R"({"z":1,"items":[{"z":1}],"z":2})", R"({"items":[{"z":1,"z":1}]})"}) {
    EXPECT_EQ(Decode(json, false, page).code(),
              absl::StatusCode::kInvalidArgument)
        << json;
  }
  EXPECT_EQ(Decode(R"({"items":[{"z":1},{"z":1}],"z":1})", false, page),
            absl::OkStatus());
}

TEST(PageTest, EveryCutOfAPageIsRefused) {
  for (const bool top : {false, true}) {
    const std::string list = R"([{"number":1,"x":[]},null,{"text":"a"}])";
    const std::string json =
        top ? list : R"({"before":"b","items":)" + list + "}";
    DecodedPage page;
    ASSERT_EQ(Decode(json, top, page), absl::OkStatus());
    for (size_t size = 0; size < json.size(); ++size) {
      EXPECT_FALSE(Decode(json.substr(0, size), top, page).ok()) << size;
    }
  }
}

TEST(PageTest, RefusesAWrapperWithoutThatList) {
  DecodedPage page;
  std::string json;
  for (const int field : {1, 3, 99, -1}) {
    EXPECT_EQ(
        DecodePage("{}", TableOf<samples::Page>(), field, false, page).code(),
        absl::StatusCode::kFailedPrecondition);
  }
}

}  // namespace
}  // namespace klarna::json

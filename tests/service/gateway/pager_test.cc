// SPDX-License-Identifier: Apache-2.0
#include "service/gateway/pager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "klarna/gateway/v1/options.pb.h"
#include "service/rest/request_binder.h"
#include "service/rest/status_details.h"

namespace klarna::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A Pager keeps a reference to its list's paging, so these stay.
const rest::ListPaging& ByOffset() {
  static const rest::ListPaging paging = [] {
    rest::ListPaging by_offset;
    by_offset.offset_parameter = "offset";
    by_offset.size_parameter = "size";
    by_offset.max_size = 500;
    return by_offset;
  }();
  return paging;
}

const rest::ListPaging& ByCursor() {
  static const rest::ListPaging paging = [] {
    rest::ListPaging by_cursor;
    by_cursor.cursor_parameter = "starting_after";
    by_cursor.size_parameter = "size";
    return by_cursor;
  }();
  return paging;
}

const rest::ListPaging& OnePiece() {
  static const rest::ListPaging paging;
  return paging;
}

std::string Query(const Pager& pager, const Position& position) {
  rest::BoundRequest request;
  pager.AddQuery(position, request);
  return request.query;
}

// The reason of a status, such as PAGINATION_INCONSISTENT.
std::string Reason(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  return rest::GetDetail(status, info) ? info.reason() : "";
}

// Answers the request for the page at a position.
using Server = std::function<PageFacts(const Position&)>;

struct Walk {
  std::vector<std::string> queries;
  absl::Status status;
  int64_t delivered = 0;
  bool drifted = false;
  bool complete = false;
};

// Reads a list to its end, as a stream does. No list here has 1,000 pages, so
// one that does not end shows.
Walk WalkList(const rest::ListPaging& paging, int page_size,
              const Server& server, const Position& start = {}) {
  Pager pager(paging, page_size, start);
  Walk walk;
  for (int page = 0; page < 1000; ++page) {
    walk.queries.push_back(Query(pager, pager.position()));
    const PageFacts facts = server(pager.position());
    walk.status = pager.Accept(facts);
    if (!walk.status.ok()) return walk;
    walk.delivered = pager.After(facts.entities).delivered;
    walk.drifted = pager.drifted();
    walk.complete = pager.complete();
    if (!pager.has_more()) return walk;
    pager.Advance();
  }
  walk.status = absl::DeadlineExceededError("the list does not end");
  return walk;
}

// A server that plays pages back, whatever it is asked for.
Server Playback(std::vector<PageFacts> pages) {
  auto next = std::make_shared<size_t>(0);
  return [pages, next](const Position&) {
    return *next < pages.size() ? pages[(*next)++] : PageFacts();
  };
}

// A page whose content differs from that of every other one.
PageFacts Page(int64_t entities, std::optional<int64_t> total = std::nullopt,
               bool next = false, std::string cursor = "") {
  static size_t content = 0;
  PageFacts page;
  page.entities = entities;
  page.total = total;
  page.has_next_link = next;
  page.next_cursor = std::move(cursor);
  page.content_hash = ++content;
  return page;
}

// A list of `length` entities as settlements serve it.
Server OffsetServer(int64_t length, int64_t page_size, bool says_total) {
  return [=](const Position& position) {
    const int64_t left = std::max<int64_t>(length - position.offset, 0);
    PageFacts page = Page(std::min(left, page_size));
    if (says_total) page.total = length;
    page.echoed_offset = position.offset;
    return page;
  };
}

TEST(PagerTest, AsksForPagesByOffset) {
  const Walk walk = WalkList(ByOffset(), 100, OffsetServer(250, 100, true));
  EXPECT_TRUE(walk.status.ok()) << walk.status;
  EXPECT_THAT(walk.queries,
              ElementsAre("size=100&offset=0", "size=100&offset=100",
                          "size=100&offset=200"));
  EXPECT_EQ(walk.delivered, 250);
  EXPECT_TRUE(walk.complete);
  EXPECT_FALSE(walk.drifted);
}

TEST(PagerTest, AsksForPagesByCursor) {
  const Walk walk =
      WalkList(ByCursor(), 2,
               Playback({Page(2, 5, true, "b"), Page(2, 5, true, "d/&"),
                         Page(1, 5, false, "e")}));
  EXPECT_TRUE(walk.status.ok()) << walk.status;
  EXPECT_THAT(walk.queries, ElementsAre("size=2", "size=2&starting_after=b",
                                        "size=2&starting_after=d%2F%26"));
  EXPECT_TRUE(walk.complete);
}

TEST(PagerTest, AsksOnceForAListInOnePiece) {
  const Walk walk = WalkList(OnePiece(), 0, Playback({Page(7)}));
  EXPECT_TRUE(walk.status.ok()) << walk.status;
  EXPECT_THAT(walk.queries, ElementsAre(""));
  EXPECT_EQ(walk.delivered, 7);
  EXPECT_FALSE(walk.complete) << "no total proves it";
}

TEST(PagerTest, TakesTheLargestPageUnlessTold) {
  EXPECT_EQ(Query(Pager(ByOffset(), 0, {}), {}), "size=500&offset=0");
  EXPECT_EQ(Query(Pager(ByOffset(), 7, {}), {}), "size=7&offset=0");
  EXPECT_EQ(Query(Pager(ByCursor(), 0, {}), {}), "size=100");
}

TEST(PagerTest, AdvancesByTheEntitiesReceived) {
  // The server caps the size at 40 without saying so.
  const Walk walk = WalkList(ByOffset(), 100, OffsetServer(100, 40, true));
  EXPECT_THAT(walk.queries,
              ElementsAre("size=100&offset=0", "size=100&offset=40",
                          "size=100&offset=80"));
  EXPECT_TRUE(walk.complete);
}

TEST(PagerTest, ShortPageAloneEndsNothing) {
  const Walk walk = WalkList(ByOffset(), 100, OffsetServer(100, 40, false));
  EXPECT_TRUE(walk.status.ok()) << walk.status;
  EXPECT_EQ(walk.delivered, 100);
  EXPECT_EQ(walk.queries.back(), "size=100&offset=100");
  EXPECT_FALSE(walk.complete) << "no total proves it";
}

TEST(PagerTest, EmptyListEnds) {
  for (const rest::ListPaging& paging : {ByOffset(), ByCursor(), OnePiece()}) {
    for (std::optional<int64_t> total :
         {std::optional<int64_t>(), std::optional<int64_t>(0)}) {
      const Walk walk = WalkList(paging, 0, Playback({Page(0, total)}));
      EXPECT_TRUE(walk.status.ok()) << walk.status;
      EXPECT_EQ(walk.queries.size(), 1u);
      EXPECT_EQ(walk.complete, total.has_value());
    }
  }
}

struct ListCase {
  std::string name;
  rest::ListPaging paging;
  std::vector<PageFacts> pages;
  bool ok;
  int64_t delivered;
  bool drifted;
  bool complete;
};

class PagerListTest : public ::testing::TestWithParam<ListCase> {};

TEST_P(PagerListTest, EndsAsItShould) {
  const ListCase& c = GetParam();
  const Walk walk = WalkList(c.paging, 2, Playback(c.pages));
  EXPECT_EQ(walk.status.ok(), c.ok) << walk.status;
  if (!c.ok) {
    EXPECT_EQ(walk.status.code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(Reason(walk.status), "PAGINATION_INCONSISTENT");
    EXPECT_THAT(std::string(walk.status.message()),
                HasSubstr("go on from there, or read the list again"));
  }
  EXPECT_EQ(walk.delivered, c.delivered);
  EXPECT_EQ(walk.drifted, c.drifted);
  EXPECT_EQ(walk.complete, c.complete);
}

PageFacts At(int64_t echoed, PageFacts page) {
  page.echoed_offset = echoed;
  return page;
}

PageFacts Repeat(const PageFacts& page) { return page; }

// Of entities that are not all equal.
PageFacts Mixed(PageFacts page) {
  page.uniform = false;
  return page;
}

const PageFacts kTwice = Page(2, std::nullopt, true);
const PageFacts kMixed = Mixed(Page(2, 9));
const PageFacts kOneTwice = Page(1, std::nullopt, true);

INSTANTIATE_TEST_SUITE_P(
    Lists, PagerListTest,
    ::testing::ValuesIn(std::vector<ListCase>{
        // Links and totals.
        {"NextLinkBeatsAReachedTotal",
         ByOffset(),
         {Page(2, 2, true), Page(1, 3)},
         true,
         3,
         true,
         false},
        {"TotalBeatsAMissingLink",
         ByOffset(),
         {Page(2, 3), Page(1, 3)},
         true,
         3,
         false,
         true},
        {"TotalOfTheFirstPageHolds",
         ByOffset(),
         {Page(2, 3, true), Page(1)},
         true,
         3,
         false,
         true},
        {"TotalOfTheFirstPageIsMissed",
         ByOffset(),
         {Page(2, 9, true), Page(1), Page(0)},
         false,
         3,
         false,
         false},
        {"TotalBelowWhatCameProvesNothing",
         ByOffset(),
         {Page(2, 1), Page(2, 1), Page(0, 1)},
         true,
         4,
         false,
         false},
        {"NegativeTotal",
         ByOffset(),
         {Page(2, -1), Page(0, -1)},
         true,
         2,
         false,
         false},
        {"LargerPageThanAskedFor",
         ByOffset(),
         {Page(5, 6), Page(1, 6)},
         true,
         6,
         false,
         true},
        // Drift.
        {"TotalGrows",
         ByOffset(),
         {Page(2, 3), Page(2, 4)},
         true,
         4,
         true,
         false},
        {"TotalShrinks",
         ByOffset(),
         {Page(2, 4), Page(2, 3)},
         false,
         2,
         false,
         false},
        // Contradictions.
        {"EmptyPageWithLink",
         ByOffset(),
         {Page(2, 4), Page(0, 4, true)},
         false,
         2,
         false,
         false},
        {"EmptyFirstPageWithTotal",
         ByOffset(),
         {Page(0, 4)},
         false,
         0,
         false,
         false},
        {"OtherOffsetThanAskedFor",
         ByOffset(),
         {At(0, Page(2, 4)), At(0, Page(2, 4))},
         false,
         2,
         false,
         false},
        {"OffsetJumpsAhead",
         ByOffset(),
         {At(0, Page(2, 9)), At(4, Page(2, 9))},
         false,
         2,
         false,
         false},
        {"PageRepeats",
         ByOffset(),
         {kTwice, Repeat(kTwice)},
         false,
         2,
         false,
         false},
        {"PageOfOneRepeats",
         ByOffset(),
         {kOneTwice, Repeat(kOneTwice)},
         false,
         1,
         false,
         false},
        {"PageComesAgainBehindATrueEcho",
         ByOffset(),
         {At(0, kMixed), At(2, Page(2, 9)), At(4, Repeat(kMixed))},
         false,
         4,
         false,
         false},
        // Two transactions of the same kind may be equal byte for byte.
        {"EqualPagesWithTheRightOffsets",
         ByOffset(),
         {At(0, kTwice), At(2, Repeat(kTwice)), At(4, Page(1, 5))},
         true,
         5,
         false,
         true},
        // Cursors.
        {"CursorOnTheLastPage",
         ByCursor(),
         {Page(2, 2, false, "b")},
         true,
         2,
         false,
         true},
        {"NothingButCursors",
         ByCursor(),
         {Page(2, std::nullopt, false, "b")},
         true,
         2,
         false,
         false},
        {"TotalGoesOnWithoutLink",
         ByCursor(),
         {Page(2, 3, false, "b"), Page(1, 3, false, "c")},
         true,
         3,
         false,
         true},
        {"LinkWithoutCursor",
         ByCursor(),
         {Page(2, std::nullopt, true)},
         false,
         0,
         false,
         false},
        {"TotalWithoutCursor",
         ByCursor(),
         {Page(2, 3)},
         false,
         0,
         false,
         false},
        {"SameCursorAgain",
         ByCursor(),
         {Page(2, 9, true, "b"), Page(2, 9, true, "b")},
         false,
         2,
         false,
         false},
        {"CursorsInACircle",
         ByCursor(),
         {Page(2, std::nullopt, true, "b"), Page(2, std::nullopt, true, "d"),
          Page(2, std::nullopt, true, "f"), Page(2, std::nullopt, true, "b")},
         false,
         6,
         false,
         false},
        {"LongCursor",
         ByCursor(),
         {Page(2, 9, true, std::string(513, 'c'))},
         false,
         0,
         false,
         false},
        {"LongCursorOfTheLastPage",
         ByCursor(),
         {Page(2, 2, false, std::string(513, 'c'))},
         true,
         2,
         false,
         true},
    }),
    [](const auto& c) { return c.param.name; });

TEST(PagerTest, EqualPagesOfOneAreTakenWhenAskedFor) {
  const PageFacts page = Page(1, 3);
  const Walk walk =
      WalkList(ByOffset(), 1, Playback({page, Repeat(page), Repeat(page)}));
  EXPECT_TRUE(walk.status.ok()) << walk.status;
  EXPECT_EQ(walk.delivered, 3);
}

TEST(PagerTest, GoesOnFromAnyPlaceOfAnOffsetList) {
  const Server server = OffsetServer(10, 4, true);
  for (int64_t cut = 0; cut <= 10; ++cut) {
    // What the token of a batch inside of a page says.
    Pager pager(ByOffset(), 4, {});
    while (pager.Accept(server(pager.position())).ok() &&
           pager.position().offset + pager.entities() < cut) {
      pager.Advance();
    }
    const Position resume = pager.After(cut - pager.position().offset);
    EXPECT_EQ(resume.offset, cut);
    EXPECT_EQ(resume.delivered, cut);
    EXPECT_EQ(resume.skip, 0);
    const Walk walk = WalkList(ByOffset(), 3, server, resume);
    EXPECT_TRUE(walk.status.ok()) << walk.status;
    EXPECT_EQ(walk.delivered, 10);
    EXPECT_TRUE(walk.complete);
  }
}

TEST(PagerTest, GoesOnFromInsideAPageOfACursorList) {
  Pager pager(ByCursor(), 3, {});
  ASSERT_TRUE(pager.Accept(Page(3, 5, true, "c")).ok());
  EXPECT_EQ(pager.After(2),
            (Position{.skip = 2, .delivered = 2, .first_total = 5}));
  EXPECT_EQ(pager.After(3),
            (Position{.cursor = "c", .delivered = 3, .first_total = 5}));
  pager.Advance();
  ASSERT_TRUE(pager.Accept(Page(2, 5, false, "e")).ok());
  EXPECT_EQ(
      pager.After(1),
      (Position{.cursor = "c", .skip = 1, .delivered = 4, .first_total = 5}));
  // Behind the end: the last page is asked for again and skipped whole.
  EXPECT_EQ(
      pager.After(2),
      (Position{.cursor = "c", .skip = 2, .delivered = 5, .first_total = 5}));

  Pager resumed(ByCursor(), 3, {.cursor = "c", .skip = 1, .delivered = 4});
  EXPECT_EQ(Query(resumed, resumed.position()), "size=3&starting_after=c");
  ASSERT_TRUE(resumed.Accept(Page(2, 5, false, "e")).ok());
  EXPECT_FALSE(resumed.has_more());
  EXPECT_TRUE(resumed.complete());
  EXPECT_EQ(resumed.After(2).delivered, 5);
}

// 100 entities; one of the fifty that were delivered is gone, so the
// fifty-first is now behind the position. The sum is right all the same.
TEST(PagerTest, SeesThatTheListChangedBeforeItWentOn) {
  Pager pager(ByOffset(), 50, {});
  ASSERT_TRUE(pager.Accept(Page(50, 100, true)).ok());
  Pager resumed(ByOffset(), 50, pager.After(50));
  ASSERT_TRUE(resumed.Accept(Page(49, 99)).ok());
  EXPECT_TRUE(resumed.drifted());
  EXPECT_FALSE(resumed.complete());
}

TEST(PagerTest, GoesOnFromInsideAnArray) {
  Pager pager(OnePiece(), 0, {.skip = 2, .delivered = 2});
  ASSERT_TRUE(pager.Accept(Page(5)).ok());
  EXPECT_EQ(pager.After(4), (Position{.skip = 4, .delivered = 4}));
  EXPECT_EQ(pager.After(5), (Position{.skip = 5, .delivered = 5}));
}

TEST(PagerTest, RefusesAPageThatIsShorterThanWhatWasDelivered) {
  for (const rest::ListPaging* paging : {&ByCursor(), &OnePiece()}) {
    Pager pager(*paging, 0, {.skip = 3, .delivered = 3});
    EXPECT_EQ(Reason(pager.Accept(Page(2))), "PAGINATION_INCONSISTENT");
  }
}

TEST(PagerTest, TakesAPageAgainAfterGoingBackToIt) {
  Pager pager(ByCursor(), 3, {});
  const PageFacts page = Page(3, 5, true, "c");
  ASSERT_TRUE(pager.Accept(page).ok());
  pager.GoTo(pager.After(2));
  EXPECT_EQ(Query(pager, pager.position()), "size=3");
  ASSERT_TRUE(pager.Accept(page).ok());
  pager.Advance();
  EXPECT_EQ(pager.position(),
            (Position{.cursor = "c", .delivered = 3, .first_total = 5}));
  pager.GoTo(pager.position());
  ASSERT_TRUE(pager.Accept(Page(2, 5, false, "e")).ok());
  EXPECT_TRUE(pager.complete());
}

TEST(PagerTest, ForetellsOffsetsUpToTheKnownEnd) {
  Pager pager(ByOffset(), 100, {});
  const Position next = {.offset = 100, .delivered = 100};
  EXPECT_EQ(pager.Foretell(next, 1, 100), std::nullopt) << "no total yet";
  ASSERT_TRUE(pager.Accept(Page(100, 350)).ok());
  EXPECT_EQ(pager.Foretell(next, 1, 100),
            (Position{.offset = 200, .delivered = 200}));
  EXPECT_EQ(pager.Foretell(next, 2, 100),
            (Position{.offset = 300, .delivered = 300}));
  EXPECT_EQ(pager.Foretell(next, 3, 100), std::nullopt);
}

TEST(PagerTest, ForetellsNoCursor) {
  Pager pager(ByCursor(), 100, {});
  ASSERT_TRUE(pager.Accept(Page(100, 350, true, "c")).ok());
  EXPECT_EQ(pager.Foretell({.cursor = "c", .delivered = 100}, 1, 100),
            std::nullopt);
}

TEST(PagerTest, ChecksTheOptionsAgainstTheList) {
  struct Case {
    rest::ListPaging paging;
    int page_size;
    int64_t max_entities;
    std::string field;  // Empty: fine.
  };
  const Case cases[] = {
      {ByOffset(), 0, 0, ""},
      {ByOffset(), 500, 10, ""},
      {ByOffset(), 501, 0, "paging.page_size"},
      {ByOffset(), -1, 0, "paging.page_size"},
      {ByOffset(), 0, -1, "paging.max_entities"},
      {ByCursor(), 100000, 0, ""},
      {OnePiece(), 0, 3, ""},
      {OnePiece(), 1, 0, "paging.page_size"},
  };
  for (const Case& c : cases) {
    v1::PageOptions options;
    options.set_page_size(c.page_size);
    options.set_max_entities(c.max_entities);
    const absl::Status status = Pager::CheckOptions(c.paging, options);
    EXPECT_EQ(status.ok(), c.field.empty()) << status;
    google::rpc::BadRequest detail;
    if (rest::GetDetail(status, detail)) {
      EXPECT_EQ(detail.field_violations(0).field(), c.field);
    }
  }
}

// The facts of a page of list_payouts or list_disputes with this JSON.
class PageFactsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto routes = rest::RouteTable::Compile(rest::LinkedServices());
    ASSERT_TRUE(routes.ok()) << routes.status();
    routes_ = *std::move(routes);
  }

  PageFacts Read(const std::string& label, const std::string& json) {
    for (const auto* service : routes_->services()) {
      for (const auto& [field, route] :
           routes_->Find(service->full_name(), "Subscribe")->routes) {
        if (route.label != label) continue;
        json::DecodedPage page;
        const absl::Status status = json::DecodePage(
            json, *route.result.table, route.paging.items_field,
            route.paging.top_level_array, page);
        EXPECT_TRUE(status.ok()) << status;
        return ReadPageFacts(route.paging, page);
      }
    }
    ADD_FAILURE() << "no operation " << label;
    return {};
  }

  std::unique_ptr<rest::RouteTable> routes_;
};

TEST_F(PageFactsTest, ReadsTheFactsOfAPage) {
  const PageFacts facts =
      Read("settlements.list_payouts",
           R"({"payouts": [{}, {"payment_reference": "X"}], "pagination":
               {"count": 2, "total": 9, "offset": 4, "next": "https://x"}})");
  EXPECT_EQ(facts.entities, 2);
  EXPECT_EQ(facts.total, 9);
  EXPECT_EQ(facts.echoed_offset, 4);
  EXPECT_TRUE(facts.has_next_link);
}

TEST_F(PageFactsTest, ReadsTheCursor) {
  const PageFacts facts = Read(
      "disputes.list_disputes",
      R"({"disputes": [{}], "pagination": {"last_item": "krn:1", "total": 1,
          "_links": {"next": {"href": "https://other.example/"}}}})");
  EXPECT_EQ(facts.next_cursor, "krn:1");
  EXPECT_TRUE(facts.has_next_link);
}

TEST_F(PageFactsTest, TakesWhatIsMissingOrOddForAbsent) {
  for (const char* pagination :
       {"null", "{}", "[]", R"({"next": null, "total": null})",
        R"({"next": "", "total": "9", "offset": "0"})",
        R"({"next": 7, "total": 9.0, "offset": -0})",
        R"({"total": 99999999999999999999})"}) {
    const PageFacts facts = Read(
        "settlements.list_payouts",
        absl::StrCat(R"({"payouts": [{}], "pagination": )", pagination, "}"));
    EXPECT_EQ(facts.entities, 1) << pagination;
    EXPECT_EQ(facts.total, std::nullopt) << pagination;
    EXPECT_EQ(facts.echoed_offset, std::nullopt) << pagination;
    EXPECT_FALSE(facts.has_next_link) << pagination;
  }
}

TEST_F(PageFactsTest, CountsElementsThatDoNotFit) {
  EXPECT_EQ(Read("settlements.list_payouts", R"({"payouts": [{}, null, 1]})")
                .entities,
            3);
  EXPECT_EQ(Read("order_management.list_captures", "[{}, null]").entities, 2);
}

TEST_F(PageFactsTest, SeesWhetherTheEntitiesAreAllEqual) {
  const auto uniform = [&](const std::string& list) {
    return Read("order_management.list_captures", list).uniform;
  };
  EXPECT_TRUE(uniform("[]"));
  EXPECT_TRUE(uniform(R"([{"captured_amount": 1}])"));
  EXPECT_TRUE(uniform(R"([{"captured_amount": 1}, {"captured_amount":1}])"));
  EXPECT_FALSE(uniform(R"([{"captured_amount": 1}, {"captured_amount": 2}])"));
  EXPECT_FALSE(
      uniform(R"([{"captured_amount": 1}, {"captured_amount": 1}, {}])"));
}

TEST_F(PageFactsTest, TellsPagesApartByTheirContent) {
  const auto hash = [&](const std::string& reference) {
    return Read("settlements.list_payouts",
                absl::StrCat(R"({"payouts": [{"payment_reference": ")",
                             reference, R"("}]})"))
        .content_hash;
  };
  EXPECT_EQ(hash("a"), hash("a"));
  EXPECT_NE(hash("a"), hash("b"));
}

}  // namespace
}  // namespace klarna::gateway

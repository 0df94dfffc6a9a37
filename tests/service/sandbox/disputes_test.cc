// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/disputes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/service/sandbox/world.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;
using ::testing::StartsWith;

constexpr char kDisputes[] = "/v4/payment/disputes";

// The id of the first dispute in that state.
std::string DisputeIn(World& world, absl::string_view state) {
  return world.Read(absl::StrCat(
      kDisputes, "?state=", state))["disputes"][0]["payment_dispute_id"];
}

std::string PathOf(absl::string_view id, absl::string_view rest = "") {
  return absl::StrCat(kDisputes, "/", id, rest);
}

TEST(DisputesTest, PagesByCursorUntilThereIsNoNext) {
  SandboxOptions options;
  options.disputes = 25;
  World world(options);
  for (const int size : {1, 4, 25, 100}) {
    std::vector<std::string> ids;
    std::string cursor;
    while (true) {
      const json page = world.Read(
          absl::StrCat(kDisputes, "?size=", size,
                       cursor.empty() ? "" : "&starting_after=", cursor));
      for (const json& dispute : page["disputes"]) {
        ids.push_back(dispute["payment_dispute_id"]);
      }
      EXPECT_EQ(page["pagination"]["total"], 25);
      EXPECT_EQ(page["pagination"]["count"], page["disputes"].size());
      if (!page["pagination"].contains("_links")) break;
      cursor = page["pagination"]["last_item"];
    }
    EXPECT_EQ(ids.size(), 25u) << size;
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 25u);
  }
}

TEST(DisputesTest, FiltersAndSorts) {
  World world;
  const json all = world.Read(absl::StrCat(kDisputes, "?size=100"))["disputes"];
  ASSERT_EQ(all.size(), 12u);
  struct Case {
    std::string query;
    size_t count;
  };
  for (const Case& c : {
           Case{"state=CLOSED", 2},
           Case{"state=CLOSED&state=INITIATED", 5},
           Case{"reason=INCORRECT_AMOUNT", 2},
           Case{absl::StrCat("order_ids=",
                             all[3]["order_id"].get<std::string>()),
                1},
           Case{absl::StrCat("purchase_references=",
                             all[3]["purchase_reference"].get<std::string>()),
                1},
           Case{absl::StrCat("created_at_start=",
                             all[3]["created_at"].get<std::string>()),
                9},
           Case{absl::StrCat("created_at_end=",
                             all[3]["created_at"].get<std::string>()),
                3},
           Case{"closed_at_start=2020-01-01", 2},
           Case{"order_ids=none", 0},
       }) {
    const json page = world.Read(absl::StrCat(kDisputes, "?", c.query));
    EXPECT_EQ(page["disputes"].size(), c.count) << c.query;
    EXPECT_EQ(page["pagination"]["total"], c.count) << c.query;
  }
  const json descending =
      world.Read(absl::StrCat(kDisputes, "?sort_by=-created_at"))["disputes"];
  EXPECT_EQ(descending[0], all[11]);
  EXPECT_EQ(descending[11], all[0]);
}

TEST(DisputesTest, HasTheMembersOfItsState) {
  World world;
  struct Case {
    const char* state;
    std::vector<std::string> context;
    bool has_arbitration;
  };
  for (const Case& c : {
           Case{"INITIATED", {"representment"}, false},
           Case{"REPRESENTMENT", {"partner_evidence"}, false},
           Case{"PRE_ARBITRATION", {"arbitration_expires_at"}, true},
           Case{"ARBITRATION", {}, true},
           Case{"CLOSED",
                {"dispute_outcome", "dispute_outcome_detailed", "closed_at"},
                true},
       }) {
    const json dispute = world.Read(PathOf(DisputeIn(world, c.state)));
    EXPECT_EQ(dispute["state"], c.state);
    for (const std::string& member : c.context) {
      EXPECT_TRUE(dispute["state_context"].contains(member)) << c.state;
    }
    EXPECT_EQ(dispute.contains("state_context"), !c.context.empty());
    EXPECT_EQ(dispute.contains("arbitration"), c.has_arbitration) << c.state;
    EXPECT_EQ(dispute.contains("previous_state"),
              std::string(c.state) != "INITIATED");
  }
}

TEST(DisputesTest, IsAboutACaptureThatExists) {
  World world;
  const json list = world.Read(absl::StrCat(kDisputes, "?size=100"));
  for (const json& dispute : list["disputes"]) {
    const json capture = world.Read(absl::StrCat(
        "/ordermanagement/v1/orders/", dispute["order_id"].get<std::string>(),
        "/captures/", dispute["capture_id"].get<std::string>()));
    EXPECT_LE(dispute["dispute_details"]["dispute_amount"],
              capture["captured_amount"]);
  }
}

TEST(DisputesTest, GoesThroughEvidenceAndAppeal) {
  World world;
  const std::string id = DisputeIn(world, "INITIATED");
  const std::string body =
      absl::StrCat(R"({"attachments":[{"payment_dispute_attachment_id":")", id,
                   R"(:attachment:1"}],"additional_information":"x",)",
                   R"("partner_proposed_refund_amount":7})");
  EXPECT_EQ(
      world.Post(PathOf(id, "/appeal"), R"({"additional_information":"x"})")
          .status,
      409);
  const Answer represented = world.Post(PathOf(id, "/represent"), body);
  EXPECT_EQ(represented.status, 201);
  EXPECT_EQ(JsonOf(represented)["state"], "REPRESENTMENT");
  EXPECT_EQ(world.klarna.ledger().entries().back().amount, 7);
  const Answer again = world.Post(PathOf(id, "/represent"), body);
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(JsonOf(again)["error_code"], "RESOURCE_CONFLICT");

  EXPECT_TRUE(world.klarna.AdvanceDispute(id));
  EXPECT_FALSE(world.klarna.AdvanceDispute(id));
  const Answer appealed =
      world.Post(PathOf(id, "/appeal"), R"({"additional_information":"no"})");
  EXPECT_EQ(appealed.status, 201);
  EXPECT_EQ(
      world.Read(PathOf(
          id))["arbitration"]["arbitration_request"]["additional_information"],
      "no");
  EXPECT_TRUE(world.klarna.AdvanceDispute(id));
  EXPECT_EQ(world.Read(PathOf(id))["state_context"]["dispute_outcome"], "WON");
}

TEST(DisputesTest, AcceptsTheLossWhereItIsPossible) {
  World world;
  for (const char* state : {"INITIATED", "PRE_ARBITRATION"}) {
    const std::string path = PathOf(DisputeIn(world, state), "/accept-loss");
    const Answer accepted = world.Post(path, "");
    EXPECT_EQ(accepted.status, 202);
    EXPECT_EQ(accepted.body, R"({"state":"CLOSED"})");
    EXPECT_EQ(world.Post(path, "").status, 409);
  }
  EXPECT_EQ(
      world.Post(PathOf(DisputeIn(world, "ARBITRATION"), "/accept-loss"), "")
          .status,
      409);
}

Answer Upload(World& world, absl::string_view id, absl::string_view name,
              absl::string_view bytes) {
  return world.Post(
      PathOf(id, "/attachments"),
      absl::StrCat("--b\r\nContent-Disposition: form-data; name=\"file\"; "
                   "filename=\"",
                   name, "\"\r\n\r\n", bytes, "\r\n--b--\r\n"),
      {{"Content-Type", "multipart/form-data; boundary=b"}});
}

TEST(DisputesTest, KeepsUploadedFiles) {
  World world;
  const std::string id = DisputeIn(world, "INITIATED");
  const std::string bytes = std::string("\0\xff\r\n--c", 7);
  const Answer uploaded = Upload(world, id, "proof.PDF", bytes);
  EXPECT_EQ(uploaded.status, 201);
  const std::string file = JsonOf(uploaded)["payment_dispute_attachment_id"];
  const Answer download =
      world.Get(PathOf(id, absl::StrCat("/attachments/", file, "/download")));
  EXPECT_EQ(download.status, 200);
  EXPECT_EQ(download.body, bytes);
  EXPECT_EQ(HeaderOf(download, "Content-Type"), "application/pdf");
  EXPECT_EQ(HeaderOf(download, "Content-Disposition"),
            "attachment; filename=\"proof.PDF\"");
}

TEST(DisputesTest, RefusesFilesThatDoNotFit) {
  World world;
  const std::string id = DisputeIn(world, "INITIATED");
  EXPECT_EQ(Upload(world, id, "proof.exe", "x").status, 400);
  EXPECT_EQ(Upload(world, id, "proof.pdf", std::string(7000001, 'x')).status,
            400);
  EXPECT_EQ(Upload(world, id, "proof.pdf", std::string(7000000, 'x')).status,
            201);
  EXPECT_EQ(Upload(world, DisputeIn(world, "CLOSED"), "proof.pdf", "x").status,
            409);
}

TEST(DisputesTest, ServesLargeCustomerEvidence) {
  World world;
  const std::string id = DisputeIn(world, "INITIATED");
  const std::string path = PathOf(
      id, absl::StrCat("/attachments/", id, ":customer-evidence:1/download"));
  const std::string bytes = BodyOf(world.Get(path));
  EXPECT_EQ(bytes.size(), 3u * 1024 * 1024);
  EXPECT_EQ(bytes, BodyOf(world.Get(path)));
}

TEST(DisputesTest, AFileOfAnotherDisputeIsNotThere) {
  World world;
  const std::string id = DisputeIn(world, "INITIATED");
  const std::string other = DisputeIn(world, "CLOSED");
  const Answer answer = world.Get(PathOf(
      id, absl::StrCat("/attachments/", other, ":attachment:1/download")));
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(ErrorOf(answer), StartsWith("RESOURCE_NOT_FOUND: "));
}

TEST(DisputesTest, Enrolls) {
  World world;
  EXPECT_EQ(world.Post("/v4/payment/disputes/merchants/M1/enroll", "").status,
            204);
  EXPECT_EQ(world
                .Post("/v4/payment/disputes/partners/krn%3Ap/enroll",
                      R"({"client_id":"c"})")
                .status,
            204);
  EXPECT_EQ(world.klarna.ledger().entries().back().resource, "krn:p");
}

}  // namespace
}  // namespace klarna::sandbox

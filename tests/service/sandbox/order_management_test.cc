// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/order_management.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/service/sandbox/world.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::StartsWith;

std::string PathOf(absl::string_view order, absl::string_view rest = "") {
  return absl::StrCat("/ordermanagement/v1/orders/", order, rest);
}

Answer Capture(World& world, absl::string_view order, int64_t amount,
               std::vector<Header> headers = {}) {
  return world.Post(PathOf(order, "/captures"),
                    absl::StrCat("{\"captured_amount\":", amount, "}"),
                    std::move(headers));
}

Answer Refund(World& world, absl::string_view order, int64_t amount) {
  return world.Post(PathOf(order, "/refunds"),
                    absl::StrCat("{\"refunded_amount\":", amount, "}"));
}

TEST(OrderManagementTest, CapturesInPartsUntilNothingRemains) {
  World world;
  const std::string order = world.NewOrder(10000);
  const Answer first = Capture(world, order, 6000);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(first.body, "");
  EXPECT_EQ(HeaderOf(first, "Content-Type"), "");
  const std::string id = HeaderOf(first, "Capture-Id");
  EXPECT_THAT(HeaderOf(first, "Location"),
              EndsWith(PathOf(order, "/captures/" + id)));
  EXPECT_NE(HeaderOf(first, "Transaction-Id"), "");

  json read = world.Read(PathOf(order));
  EXPECT_EQ(read["status"], "PART_CAPTURED");
  EXPECT_EQ(read["captured_amount"], 6000);
  EXPECT_EQ(read["remaining_authorized_amount"], 4000);
  EXPECT_EQ(read["captures"][0]["capture_id"], id);

  const Answer tooMuch = Capture(world, order, 4001);
  EXPECT_EQ(tooMuch.status, 403);
  EXPECT_EQ(ErrorOf(tooMuch),
            "CAPTURE_NOT_ALLOWED: Captured amount is higher than the "
            "remaining authorized amount. Capture not possible.");
  EXPECT_EQ(Capture(world, order, 4000).status, 201);
  read = world.Read(PathOf(order));
  EXPECT_EQ(read["status"], "CAPTURED");
  EXPECT_EQ(read["remaining_authorized_amount"], 0);
  EXPECT_EQ(world.Read(PathOf(order, "/captures")).size(), 2u);
}

TEST(OrderManagementTest, CapturesTwiceWithoutAKey) {
  World world;
  const std::string order = world.NewOrder(10000);
  const Answer first = Capture(world, order, 1000);
  const Answer second = Capture(world, order, 1000);
  EXPECT_NE(HeaderOf(first, "Capture-Id"), HeaderOf(second, "Capture-Id"));
  EXPECT_EQ(world.Read(PathOf(order))["captured_amount"], 2000);
}

TEST(OrderManagementTest, ReplaysTheFirstAnswerUnderAKeyWhateverTheBody) {
  World world;
  const std::string order = world.NewOrder(10000);
  const std::vector<Header> key = {{"Klarna-Idempotency-Key", "k-1"}};
  const Answer first = Capture(world, order, 1000, key);
  const size_t effects = world.klarna.ledger().entries().size();
  for (const int64_t amount : {1000, 2000, 999999}) {
    const Answer again = Capture(world, order, amount, key);
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(HeaderOf(again, "Capture-Id"), HeaderOf(first, "Capture-Id"));
    EXPECT_NE(HeaderOf(again, "Klarna-Correlation-Id"),
              HeaderOf(first, "Klarna-Correlation-Id"));
  }
  EXPECT_EQ(world.Read(PathOf(order))["captured_amount"], 1000);
  EXPECT_EQ(world.klarna.ledger().entries().size(), effects);
  EXPECT_EQ(world.klarna.ledger().entries().back().key, "k-1");
}

TEST(OrderManagementTest, ForgetsAKeyAfter24Hours) {
  World world;
  const std::string order = world.NewOrder(10000);
  const std::vector<Header> key = {{"Klarna-Idempotency-Key", "k-1"}};
  const std::string first =
      HeaderOf(Capture(world, order, 1000, key), "Capture-Id");
  world.clock.Advance(absl::Hours(24) - absl::Seconds(1));
  EXPECT_EQ(HeaderOf(Capture(world, order, 1000, key), "Capture-Id"), first);
  world.clock.Advance(absl::Seconds(1));
  EXPECT_NE(HeaderOf(Capture(world, order, 1000, key), "Capture-Id"), first);
}

TEST(OrderManagementTest, ReplaysARefusalUnderAKeyToo) {
  World world;
  const std::string order = world.NewOrder(10000);
  const std::vector<Header> key = {{"Klarna-Idempotency-Key", "k-1"}};
  EXPECT_EQ(Capture(world, order, 10001, key).status, 403);
  EXPECT_EQ(Capture(world, order, 100, key).status, 403);
}

TEST(OrderManagementTest, RefundsWhatWasCapturedAndNoMore) {
  World world;
  const std::string order = world.NewOrder(10000);
  EXPECT_EQ(ErrorOf(Refund(world, order, 1)),
            "REFUND_NOT_ALLOWED: Order has no captures. Refund not possible");
  Capture(world, order, 3000);
  Capture(world, order, 3000);
  const Answer refund = Refund(world, order, 4000);
  EXPECT_EQ(refund.status, 201);
  const std::string id = HeaderOf(refund, "Refund-Id");
  const json read = world.Read(PathOf(order));
  EXPECT_EQ(read["refunded_amount"], 4000);
  EXPECT_EQ(read["captures"][0]["refunded_amount"], 3000);
  EXPECT_EQ(read["captures"][1]["refunded_amount"], 1000);
  const json one = world.Read(PathOf(order, "/refunds/" + id));
  EXPECT_EQ(one["refunded_amount"], 4000);
  EXPECT_EQ(one["credit_invoice"], false);
  EXPECT_EQ(one["order_lines"], json::array());
  EXPECT_FALSE(one.contains("reference"));
  EXPECT_THAT(ErrorOf(Refund(world, order, 2001)),
              StartsWith("REFUND_NOT_ALLOWED: "));
}

TEST(OrderManagementTest, CancelsOnceAndAnswersTheSameAgain) {
  World world;
  const std::string order = world.NewOrder();
  const Answer first = world.Post(PathOf(order, "/cancel"), "");
  const size_t effects = world.klarna.ledger().entries().size();
  const Answer second = world.Post(PathOf(order, "/cancel"), "");
  EXPECT_EQ(first.status, 204);
  EXPECT_EQ(second.status, 204);
  EXPECT_EQ(HeaderOf(first, "Transaction-Id"),
            HeaderOf(second, "Transaction-Id"));
  EXPECT_EQ(world.klarna.ledger().entries().size(), effects);
  EXPECT_EQ(world.Read(PathOf(order))["status"], "CANCELLED");
  EXPECT_EQ(ErrorOf(Capture(world, order, 1)),
            "CAPTURE_NOT_ALLOWED: Capture not allowed");
}

TEST(OrderManagementTest, DoesNotCancelWhatIsCaptured) {
  World world;
  const std::string order = world.NewOrder();
  Capture(world, order, 1);
  const Answer answer = world.Post(PathOf(order, "/cancel"), "");
  EXPECT_EQ(answer.status, 403);
  EXPECT_THAT(ErrorOf(answer), StartsWith("CANCEL_NOT_ALLOWED: "));
}

TEST(OrderManagementTest, ReleasesTheRemainder) {
  World world;
  const std::string order = world.NewOrder(10000);
  const std::string path = PathOf(order, "/release-remaining-authorization");
  EXPECT_EQ(world.Post(path, "").status, 403);
  Capture(world, order, 4000);
  EXPECT_EQ(world.Post(path, "").status, 204);
  const json read = world.Read(PathOf(order));
  EXPECT_EQ(read["status"], "CAPTURED");
  EXPECT_EQ(read["remaining_authorized_amount"], 0);
  EXPECT_EQ(Capture(world, order, 1).status, 403);
  EXPECT_EQ(world.klarna.ledger().entries().back().amount, 6000);
}

TEST(OrderManagementTest, ExpiresUnlessExtended) {
  World world;
  const std::string left = world.NewOrder();
  const std::string extended = world.NewOrder();
  world.clock.Advance(absl::Hours(27 * 24));
  EXPECT_EQ(
      world.Post(PathOf(extended, "/extend-authorization-time"), "").status,
      204);
  world.clock.Advance(absl::Hours(2 * 24));
  EXPECT_EQ(world.Read(PathOf(left))["status"], "EXPIRED");
  EXPECT_EQ(world.Read(PathOf(left))["remaining_authorized_amount"], 0);
  EXPECT_EQ(world.Read(PathOf(extended))["status"], "AUTHORIZED");
  EXPECT_EQ(world.Post(PathOf(left, "/extend-authorization-time"), "").status,
            403);
}

TEST(OrderManagementTest, ChangesTheAuthorization) {
  World world;
  const std::string order = world.NewOrder(10000);
  Capture(world, order, 3000);
  const std::string path = PathOf(order, "/authorization");
  EXPECT_EQ(world.Patch(path, R"({"order_amount":8000})").status, 204);
  json read = world.Read(PathOf(order));
  EXPECT_EQ(read["order_amount"], 8000);
  EXPECT_EQ(read["original_order_amount"], 10000);
  EXPECT_EQ(read["remaining_authorized_amount"], 5000);
  EXPECT_EQ(world.Patch(path, R"({"order_amount":2999})").status, 403);
  EXPECT_EQ(world.Patch(path, R"({"order_amount":20001})").status, 403);
}

TEST(OrderManagementTest, OverwritesOnlyTheReferencesThatAreThere) {
  World world;
  const std::string order = world.Id("order, authorized");
  const std::string path = PathOf(order, "/merchant-references");
  EXPECT_EQ(world.Patch(path, R"({"merchant_reference2":"B"})").status, 204);
  const json read = world.Read(PathOf(order));
  EXPECT_EQ(read["merchant_reference1"], "ORDER-1001");
  EXPECT_EQ(read["merchant_reference2"], "B");
}

TEST(OrderManagementTest, ChangesTheShippingAddress) {
  World world;
  const std::string order = world.Id("order, authorized");
  const std::string path = PathOf(order, "/customer-details");
  EXPECT_EQ(
      world.Patch(path, R"({"shipping_address":{"city":"Ystad"}})").status,
      204);
  EXPECT_EQ(world.Read(PathOf(order))["shipping_address"]["city"], "Ystad");
  const Answer bad =
      world.Patch(path, R"({"shipping_address":{"country":"Sweden"}})");
  EXPECT_EQ(bad.status, 422);
  EXPECT_THAT(ErrorOf(bad), StartsWith("INVALID_ADDRESS: "));
}

TEST(OrderManagementTest, AddsShippingInfoToOrderAndCapture) {
  World world;
  const std::string order = world.NewOrder();
  // A number for a tracking number and unknown members pass, as recorded.
  const std::string body =
      R"({"shipping_info":[{"tracking_number":1245,"tracking_url":"x"}]})";
  EXPECT_EQ(world.Post(PathOf(order, "/shipping-info"), body).status, 204);
  EXPECT_EQ(world.Read(PathOf(order))["shipping_info"][0]["tracking_number"],
            1245);
  EXPECT_EQ(world.Post(PathOf(order, "/captures/x/shipping-info"), body).status,
            403);
  const std::string capture = HeaderOf(Capture(world, order, 1), "Capture-Id");
  const std::string path = PathOf(order, "/captures/" + capture);
  EXPECT_EQ(world.Post(path + "/shipping-info", body).status, 204);
  EXPECT_EQ(world.Post(path + "/trigger-send-out", "").status, 204);
  EXPECT_EQ(world.Read(path)["shipping_info"].size(), 1u);
  EXPECT_EQ(
      world.Post(PathOf(order, "/captures/x/trigger-send-out"), "").status,
      404);
}

// Of the first captured orders, one was paid by invoice.
std::string InvoiceOrder(World& world) {
  for (const std::string& id : world.klarna.orders().SeededIds(25)) {
    const json order = world.Read(PathOf(id));
    if (order["initial_payment_method"]["type"] == "INVOICE" &&
        !order["captures"].empty()) {
      return id;
    }
  }
  ADD_FAILURE() << "no order paid by invoice";
  return "";
}

TEST(OrderManagementTest, MovesTheDueDateByAnOfferedNumberOfDays) {
  World world;
  const std::string order = InvoiceOrder(world);
  const std::string capture =
      world.Read(PathOf(order, "/captures"))[0]["capture_id"];
  const std::string path = PathOf(order, "/captures/" + capture);
  const json options = world.Read(path + "/extend-due-date-options");
  ASSERT_EQ(options["options"].size(), 3u);
  EXPECT_EQ(options["options"][0]["number_of_days"], 14);
  EXPECT_EQ(
      world.Patch(path + "/extend-due-date", R"({"number_of_days":13})").status,
      403);
  EXPECT_EQ(
      world.Patch(path + "/extend-due-date", R"({"number_of_days":30})").status,
      204);
  EXPECT_EQ(world.Read(path + "/extend-due-date-options")["options"].size(),
            1u);
}

TEST(OrderManagementTest, AcknowledgesOnce) {
  World world;
  const std::string order = world.NewOrder();
  const size_t effects = world.klarna.ledger().entries().size();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(world.Post(PathOf(order, "/acknowledge"), "").status, 204);
  }
  EXPECT_EQ(world.klarna.ledger().entries().size(), effects + 1);
}

TEST(OrderManagementTest, NamesWhatIsNotThere) {
  World world;
  const std::string order = world.Id("order, authorized");
  struct Case {
    std::string path;
    std::string error;
  };
  for (const Case& c : {
           Case{PathOf("x-1"), "NO_SUCH_ORDER: Order x-1 cannot be found"},
           Case{PathOf("x-1", "/captures"),
                "NO_SUCH_ORDER: Order x-1 cannot be found"},
           Case{PathOf("x-1", "/refunds/y"),
                "NOT_FOUND: Order x-1 cannot be found"},
           Case{PathOf(order, "/captures/y"),
                absl::StrCat("NO_SUCH_CAPTURE: Capture y cannot be found for "
                             "order ",
                             order)},
           Case{PathOf(order, "/refunds/y"),
                absl::StrCat("NOT_FOUND: Refund y cannot be found for order ",
                             order)},
       }) {
    const Answer answer = world.Get(c.path);
    EXPECT_EQ(answer.status, 404) << c.path;
    EXPECT_EQ(ErrorOf(answer), c.error);
  }
}

}  // namespace
}  // namespace klarna::sandbox

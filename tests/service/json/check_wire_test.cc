// SPDX-License-Identifier: Apache-2.0
#include "service/json/check_wire.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "klarna/settlements/v1/settlements_service.pb.h"
#include "service/json/wire.h"
#include "tests/service/json/test_messages.pb.h"
#include "tests/service/json/test_schema.h"

namespace klarna::json {
namespace {

using ::testing::HasSubstr;

std::string Varint(uint32_t number, int64_t value) {
  std::string wire;
  AppendVarintField(number, value, wire);
  return wire;
}

std::string Bytes(uint32_t number, std::string_view bytes) {
  std::string wire;
  AppendLengthDelimited(number, bytes, wire);
  return wire;
}

std::string Nested(int levels) {
  std::string wire;
  for (int i = 1; i < levels; ++i) wire = Bytes(6, wire);
  return wire;
}

TEST(CheckWireTest, AcceptsEveryKindOfField) {
  samples::Everything message;
  message.set_text("\xc3\xa5");
  message.set_number(-1);
  message.set_small(-2147483648);
  message.set_flag(true);
  message.set_decimal("1.50");
  message.mutable_child()->mutable_child()->add_texts("a");
  for (int i = -2; i < 3; ++i) {
    message.add_numbers(i);
    message.add_smalls(i);
    message.add_flags(i > 0);
    message.add_children()->set_far(i);
  }
  EXPECT_EQ(
      CheckWire(message.SerializeAsString(), TableOf<samples::Everything>()),
      absl::OkStatus());

  samples::WireOnly wire_only;
  wire_only.set_data("\xff");
  wire_only.set_color(samples::COLOR_RED);
  wire_only.mutable_other()->set_number(1);
  wire_only.add_colors(samples::COLOR_RED);
  EXPECT_EQ(
      CheckWire(wire_only.SerializeAsString(), TableOf<samples::WireOnly>()),
      absl::OkStatus());
}

TEST(CheckWireTest, AcceptsListsPackedUnpackedAndScattered) {
  const std::string wire = Varint(8, 1) + Bytes(8, "\x02\x03") + Varint(4, 1) +
                           Bytes(8, "") + Varint(8, -1);
  EXPECT_EQ(CheckWire(wire, TableOf<samples::Everything>()), absl::OkStatus());
}

TEST(CheckWireTest, RefusesAnUnknownFieldAtEveryDepthWithItsNumber) {
  const std::string unknown = Varint(999, 1);
  for (const std::string& wire :
       {unknown, Varint(2, 1) + unknown, Bytes(6, unknown),
        Bytes(12, Bytes(6, unknown))}) {
    const absl::Status status = CheckWire(wire, TableOf<samples::Everything>());
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("klarna.json.samples.Everything: field number 999"));
  }
}

TEST(CheckWireTest, RefusesWhatIsNotWellFormed) {
  struct Case {
    const char* what;
    std::string wire;
    const char* named;
  };
  const Case cases[] = {
      {"string as varint", Varint(1, 1), "Everything.text"},
      {"number as bytes", Bytes(2, "\x01"), "Everything.number"},
      {"bool as bytes", Bytes(4, "\x01"), "Everything.flag"},
      {"message as varint", Varint(6, 0), "Everything.child"},
      {"number as fixed64",
       "\x11"
       "12345678",
       "Everything.number"},
      {"number as fixed32",
       "\x15"
       "1234",
       "Everything.number"},
      {"broken UTF-8", Bytes(1, "\xc3"), "Everything.text"},
      {"broken UTF-8 in a list", Bytes(7, "\xed\xa0\x80"), "Everything.texts"},
      {"broken UTF-8 below", Bytes(6, Bytes(5, "\xff")), "Everything.decimal"},
      {"set twice", Varint(2, 1) + Varint(2, 1), "Everything.number"},
      {"message in two parts", Bytes(6, "") + Bytes(6, ""), "Everything.child"},
      {"int32 too large", Varint(3, 2147483648), "Everything.small"},
      {"int32 too small", Varint(3, -2147483649), "Everything.small"},
      {"int32 of 32 bits", Varint(3, 0xffffffff), "Everything.small"},
      {"int32 in a run", Bytes(9, "\xff\xff\xff\xff\xff\x01"),
       "Everything.smalls"},
      {"bool 2", Varint(4, 2), "Everything.flag"},
      {"bool 2 in a run", Bytes(10, "\x02"), "Everything.flags"},
      {"run cut", Bytes(8, "\x80"), "Everything.numbers"},
      {"field cut", Bytes(1, "abc").substr(0, 3), "Everything"},
      {"inner field cut", Bytes(6, "\x0a\x05"), "Everything"},
      {"group", "\x0b\x0c", "Everything"},
  };
  for (const Case& c : cases) {
    const absl::Status status =
        CheckWire(c.wire, TableOf<samples::Everything>());
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.what;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.named)) << c.what;
  }
}

TEST(CheckWireTest, RefusesTwoFieldsOfAOneof) {
  for (const std::string& wire :
       {Bytes(3, "a") + Bytes(4, ""), Bytes(4, "") + Bytes(3, "a"),
        Bytes(3, "a") + Bytes(3, "a")}) {
    EXPECT_EQ(CheckWire(wire, TableOf<samples::WireOnly>()).code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(CheckWireTest, RefusesEnumsOutOfRange) {
  const MessageTable& table = TableOf<samples::WireOnly>();
  EXPECT_EQ(CheckWire(Varint(2, 77), table), absl::OkStatus());
  EXPECT_FALSE(CheckWire(Varint(2, int64_t{1} << 40), table).ok());
  EXPECT_FALSE(CheckWire(Varint(6, int64_t{1} << 40), table).ok());
}

TEST(CheckWireTest, NestsAsDeepAsTheLimit) {
  const MessageTable& table = TableOf<samples::Everything>();
  EXPECT_EQ(CheckWire(Nested(kMaxDepth), table), absl::OkStatus());
  EXPECT_EQ(CheckWire(Nested(kMaxDepth + 1), table).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CheckWire(Nested(2000), table).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(CheckWireTest, EveryCutOfARequestIsRefusedOrAShorterRequest) {
  settlements::v1::SubscribeRequest request;
  request.mutable_options()->set_account("a");
  request.mutable_paging()->set_page_size(500);
  request.mutable_list_transactions()->set_order_id("o");
  const std::string wire = request.SerializeAsString();
  const MessageTable& table = TableOf<settlements::v1::SubscribeRequest>();
  ASSERT_EQ(CheckWire(wire, table), absl::OkStatus());
  int accepted = 0;
  for (size_t size = 0; size < wire.size(); ++size) {
    settlements::v1::SubscribeRequest parsed;
    const std::string cut = wire.substr(0, size);
    const bool ok = CheckWire(cut, table).ok();
    EXPECT_EQ(ok, parsed.ParseFromString(cut)) << size;
    accepted += ok;
  }
  EXPECT_EQ(accepted, 3);  // nothing, options, options and paging
}

}  // namespace
}  // namespace klarna::json
